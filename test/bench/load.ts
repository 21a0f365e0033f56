import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Call } from './call.ts';
import type { LoadAnswer, LoadOrder, Rate } from './loadMessages.ts';

/** The load generator's process, seen from the bench. One order at a time. */
export class Load {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(new URL('./loadMain.ts', import.meta.url), [], {
      execArgv: ['--import', import.meta.resolve('tsx')],
    });
  }

  /** @throws if a call failed */
  async rate(call: Call, connections: number, durationMs: number): Promise<Rate> {
    const answer = await this.#ask({ type: 'rate', call, connections, durationMs });
    if (answer.type !== 'rate') throw new Error(`the load process answered ${answer.type}`);
    return answer;
  }

  /** Milliseconds, one for each pause. @throws if a call failed */
  async latencies(call: Call, pausesMs: readonly number[]): Promise<readonly number[]> {
    const answer = await this.#ask({ type: 'latency', call, pausesMs });
    if (answer.type !== 'latency') throw new Error(`the load process answered ${answer.type}`);
    return answer.latenciesMs;
  }

  /** Idempotent. */
  close(): void {
    this.#child.kill('SIGKILL');
  }

  async #ask(order: LoadOrder): Promise<LoadAnswer> {
    this.#child.send(order);
    const gone = new AbortController();
    const answered = once(this.#child, 'message', { signal: gone.signal }).then(([message]) => message as LoadAnswer);
    const ended = once(this.#child, 'exit', { signal: gone.signal }).then(() => {
      throw new Error('the load process ended');
    });
    try {
      const answer = await Promise.race([answered, ended]);
      if (answer.type === 'failed') throw new Error(answer.message);
      return answer;
    } finally {
      gone.abort();
      await Promise.allSettled([answered, ended]);
    }
  }
}
