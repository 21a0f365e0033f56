import { FaasError } from '../protocol/errors.ts';

export interface QueueLimits {
  readonly maxQueueLength: number;
  readonly maxQueueLengthPerFunction: number;
}

/** Counts who waits, and says no at the door when that is too many. */
export class Admission {
  readonly #limits: QueueLimits;
  readonly #waiting = new Map<string, number>();
  #total = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  of(functionKey: string): number {
    return this.#waiting.get(functionKey) ?? 0;
  }

  /** @throws FaasError `queue_full` or `function_queue_full`, naming the limit */
  check(functionKey: string): void {
    const { maxQueueLength, maxQueueLengthPerFunction } = this.#limits;
    if (this.#total >= maxQueueLength) {
      throw full('queue_full', 'maxQueueLength', maxQueueLength, 'invocations wait already');
    }
    if (this.of(functionKey) >= maxQueueLengthPerFunction) {
      const what = `invocations of ${functionKey} wait already`;
      throw full('function_queue_full', 'maxQueueLengthPerFunction', maxQueueLengthPerFunction, what);
    }
  }

  enter(functionKey: string): void {
    this.#total += 1;
    this.#waiting.set(functionKey, this.of(functionKey) + 1);
  }

  leave(functionKey: string): void {
    this.#total -= 1;
    const left = this.of(functionKey) - 1;
    if (left > 0) this.#waiting.set(functionKey, left);
    else this.#waiting.delete(functionKey);
  }
}

function full(code: 'queue_full' | 'function_queue_full', limit: string, value: number, what: string): FaasError {
  return new FaasError(code, `${value} ${what} (${limit} = ${value})`, { limit, value, retryAfterSeconds: 1 });
}
