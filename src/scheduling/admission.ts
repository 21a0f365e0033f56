import { FaasError } from '../protocol/errors.ts';
import type { PendingInvocation } from './strategy.ts';

export interface QueueLimits {
  readonly maxQueueLength: number;
  readonly maxQueueLengthPerFunction: number;
  /** Of the bodies that wait. */
  readonly maxQueueBytes: number;
}

/** Counts who waits, and says no at the door when that is too many. */
export class Admission {
  readonly #limits: QueueLimits;
  readonly #waiting = new Map<string, number>();
  #total = 0;
  #bytes = 0;

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
  check(functionKey: string, bytes: number): void {
    const { maxQueueLength, maxQueueLengthPerFunction, maxQueueBytes } = this.#limits;
    if (this.#total >= maxQueueLength) {
      throw full('queue_full', 'maxQueueLength', maxQueueLength, 'invocations wait already');
    }
    if (this.of(functionKey) >= maxQueueLengthPerFunction) {
      const what = `invocations of ${functionKey} wait already`;
      throw full('function_queue_full', 'maxQueueLengthPerFunction', maxQueueLengthPerFunction, what);
    }
    // One that is larger than the limit may still wait alone.
    if (this.#bytes > 0 && this.#bytes + bytes > maxQueueBytes) {
      throw full(
        'queue_full',
        'maxQueueBytes',
        maxQueueBytes,
        'bytes of bodies may wait, and this one would exceed it',
      );
    }
  }

  enter({ functionKey, bytes }: PendingInvocation): void {
    this.#total += 1;
    this.#bytes += bytes;
    this.#waiting.set(functionKey, this.of(functionKey) + 1);
  }

  leave({ functionKey, bytes }: PendingInvocation): void {
    this.#total -= 1;
    this.#bytes -= bytes;
    const left = this.of(functionKey) - 1;
    if (left > 0) this.#waiting.set(functionKey, left);
    else this.#waiting.delete(functionKey);
  }
}

type FullCode = 'queue_full' | 'function_queue_full';

function full(code: FullCode, limit: string, value: number, what: string): FaasError {
  return new FaasError(code, `${value} ${what} (${limit} = ${value})`, { limit, value, retryAfterSeconds: 1 });
}
