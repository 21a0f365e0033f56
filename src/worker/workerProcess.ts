import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { entry } from '../lib/entry.ts';
import { type ErrorCode, FaasError } from '../protocol/errors.ts';
import type { FromWorker, ToWorker } from './messages.ts';

export type WorkerStart = Omit<ToWorker & { type: 'start' }, 'type'>;

/**
 * A worker in a process of its own, seen from whoever started it.
 *
 * running → closing → exited, or running → exited when it is killed.
 */
export class WorkerProcess {
  readonly url: string;
  readonly workerId: string;
  readonly pid: number;
  /** Resolves when the process has ended, with the reason if it was not told to. */
  readonly exited: Promise<string | undefined>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ready: FromWorker & { type: 'ready' }) {
    this.#child = child;
    this.url = ready.url;
    this.workerId = ready.workerId;
    this.pid = child.pid ?? 0;
    let told = false;
    child.on('message', (message: FromWorker) => {
      told ||= message.type === 'closed';
    });
    child.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        if (told) resolve(undefined);
        else resolve(signal === null ? `the worker ended with code ${code}` : `the worker was ended by ${signal}`);
      });
    });
  }

  /** @throws FaasError what kept the worker from starting */
  static async start(options: WorkerStart): Promise<WorkerProcess> {
    const { path, execArgv } = entry(import.meta.url, './main');
    const child = fork(path, [], {
      execArgv: [...execArgv],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      detached: true,
    });
    const message: ToWorker = { type: 'start', ...options };
    child.send(message, () => undefined);
    const answer = await firstAnswer(child);
    if (answer.type === 'ready') return new WorkerProcess(child, answer);
    child.kill('SIGKILL');
    if (answer.type === 'failed') throw new FaasError(answer.code as ErrorCode, answer.message);
    throw new FaasError('internal', 'the worker ended before it was ready');
  }

  /** Lets it drain, and resolves when it has ended. A second call makes it hurry. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.send({ type: 'close' } satisfies ToWorker, () => undefined);
    await this.exited;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

async function firstAnswer(child: ChildProcess): Promise<FromWorker> {
  const gone = new AbortController();
  const answer = once(child, 'message', { signal: gone.signal }).then(([message]) => message as FromWorker);
  const exit = once(child, 'exit', { signal: gone.signal }).then((): FromWorker => ({ type: 'closed' }));
  try {
    return await Promise.race([answer, exit]);
  } finally {
    gone.abort();
    await Promise.allSettled([answer, exit]);
  }
}
