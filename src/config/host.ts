import { availableParallelism, homedir, totalmem } from 'node:os';

/** What of the machine and the user decides defaults. */
export interface Host {
  readonly cores: number;
  /** The least of the machine's memory and the limit of the control group this process is in. */
  readonly memoryBytes: number;
  /** FAASBATCH_HOME where nobody says otherwise. */
  readonly home: string;
}

export function thisHost(environment: NodeJS.ProcessEnv = process.env): Host {
  return { cores: availableParallelism(), memoryBytes: memoryBytes(), home: defaultHome(environment) };
}

/** A control group without a limit reports none, 0, or a number larger than any machine. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit !== undefined && limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function defaultHome(environment: NodeJS.ProcessEnv): string {
  const data = environment['XDG_DATA_HOME'];
  return data?.startsWith('/') ? `${data}/faasbatch` : `${homedir()}/.local/share/faasbatch`;
}
