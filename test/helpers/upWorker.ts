import type { CliRun } from './cli.ts';
import type { RunningCommand, TestHome } from './replayCli.ts';

/** What `up --json` prints. */
export interface Announced {
  readonly url: string;
  readonly docs: string;
  readonly workerId: string;
  readonly pid: number;
  readonly functions: readonly string[];
  readonly results: {
    readonly runId: string;
    readonly folder: string;
    readonly url: string;
    readonly database: string;
  } | null;
}

/** A `faasbatch up` in a process of its own, and the command line next to it. */
export class UpWorker {
  readonly home: TestHome;
  readonly command: RunningCommand;
  readonly told: Announced;

  private constructor(home: TestHome, command: RunningCommand, told: Announced) {
    this.home = home;
    this.command = command;
    this.told = told;
  }

  /** Short windows, so that tests need not wait for them. */
  static async start(home: TestHome, ...flags: string[]): Promise<UpWorker> {
    const command = home.start('up', '--port', '0', '--dispatch-interval', '5ms', '--json', ...flags);
    return new UpWorker(home, command, await announced(command));
  }

  /** Runs another command against this worker. */
  run(...commandLine: string[]): Promise<CliRun> {
    return this.home.run(...commandLine, '--url', this.told.url);
  }

  async json<T>(...commandLine: string[]): Promise<T> {
    return this.home.json<T>(...commandLine, '--url', this.told.url);
  }

  /** Ends it, unless it has ended. */
  async stop(): Promise<CliRun> {
    this.command.interrupt();
    return this.command.ended;
  }

  /** What it logged, a line of JSON each. */
  get logged(): { level: number; msg: string; code?: string }[] {
    return this.command.stderr
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
}

async function announced(command: RunningCommand): Promise<Announced> {
  let hasEnded = false;
  void command.ended.then(() => {
    hasEnded = true;
  });
  for (;;) {
    const told = parsed(command.stdout);
    if (told !== undefined) return told;
    if (hasEnded) throw new Error(`up ended: ${command.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Undefined until all of it is there. */
function parsed(text: string): Announced | undefined {
  try {
    return JSON.parse(text) as Announced;
  } catch {
    return undefined;
  }
}
