import { monotonicMs } from '../../lib/clock.ts';
import type { Call } from './call.ts';

/**
 * Ends calls that run past `timeoutMs`. All calls have the same time, so that they come due in the order in which they
 * began: one timer, for the oldest, does for all. It cannot go off while a handler runs synchronously; the main
 * thread's watchdog is for that.
 */
export class Deadlines {
  readonly #timeoutMs: number;
  /** In the order in which they began. */
  readonly #calls = new Set<Call>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  add(call: Call): void {
    this.#calls.add(call);
    this.#timer ??= this.#sleep(this.#timeoutMs);
  }

  remove(call: Call): void {
    this.#calls.delete(call);
  }

  #due(): void {
    this.#timer = undefined;
    const now = monotonicMs();
    for (const call of this.#calls) {
      const leftMs = (call.startedAt ?? now) + this.#timeoutMs - now;
      if (leftMs > 0) {
        this.#timer = this.#sleep(leftMs);
        return;
      }
      this.#calls.delete(call);
      call.timeOut(`the handler ran longer than timeoutMs = ${this.#timeoutMs}`);
    }
  }

  /** Timers may fire up to a millisecond early. */
  #sleep(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#due(), Math.ceil(ms) + 1);
  }
}
