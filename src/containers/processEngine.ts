import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { privateMemoryBytes, processCpuMs } from '../lib/procfs.ts';
import { FaasError } from '../protocol/errors.ts';
import type { ContainerSpec, ContainerUsage, Engine, EngineContainer } from './engine.ts';

/** Of what a container's process wrote to stderr, kept to explain its end. */
const KEPT_STDERR_BYTES = 2_048;
const STDERR_GRACE_MS = 50;

/**
 * Containers as plain child processes, for machines without Docker. They isolate nothing: a function can read what
 * the worker can read and use all of the host's memory.
 */
export class ProcessEngine implements Engine {
  readonly name = 'process';
  readonly #agentPath: string;

  /** @param agentPath the bundled container runtime */
  constructor(agentPath: string) {
    this.#agentPath = agentPath;
  }

  start(spec: ContainerSpec): Promise<EngineContainer> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [this.#agentPath], {
        cwd: spec.directory,
        env: {
          PATH: process.env['PATH'],
          LANG: process.env['LANG'],
          FAASBATCH_SOCKET: spec.socketPath,
          FAASBATCH_THREADS: String(spec.cpus),
          ...spec.env,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child.once('spawn', () => resolve(new ProcessContainer(child)));
      child.once('error', (cause) => {
        reject(
          new FaasError('start_failed', `${process.execPath} could not be started: ${cause.message}`, {}, { cause }),
        );
      });
    });
  }

  pathInside(_spec: ContainerSpec, path: string): string {
    return path;
  }

  ownCpuMs(): number {
    return 0;
  }
}

class ProcessContainer implements EngineContainer {
  readonly exited: Promise<string>;
  readonly #child: ChildProcess;
  #stderr = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR_BYTES);
    });
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve(this.#reason(code, signal)));
      // A process that the function left behind may hold stderr open: that is not waited for.
      child.once('exit', (code, signal) => setTimeout(() => resolve(this.#reason(code, signal)), STDERR_GRACE_MS));
    });
  }

  kill(): void {
    this.#child.kill(constants.signals.SIGKILL);
  }

  usage(): ContainerUsage | undefined {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return undefined;
    const cpuMs = processCpuMs(pid);
    const memoryBytes = privateMemoryBytes(pid);
    return cpuMs === undefined || memoryBytes === undefined ? undefined : { cpuMs, memoryBytes };
  }

  #reason(code: number | null, signal: string | null): string {
    const how = signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`;
    const last = this.#stderr.trim().split('\n').at(-1);
    return last === undefined || last === '' ? how : `${how}: ${last}`;
  }
}
