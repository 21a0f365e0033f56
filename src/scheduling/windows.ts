import type { FunctionLimits, PendingInvocation, StrategyOptions } from './strategy.ts';
import { WaitingList } from './waiting.ts';

/** Invocations that were gathered together and stay together. */
export interface Window {
  readonly invocations: WaitingList;
  readonly closedAt: number;
}

export type BatchLimits = Pick<FunctionLimits, 'maxBatchSize' | 'maxBatchBytes'>;

/** When a window that opens now will close. */
export type WindowClock = (now: number) => number;

/**
 * `tick`: free-running, at the clock's multiples of the interval, whatever arrives when.
 * `arrival`: each window ends one interval after its own first invocation.
 */
export function windowClock({ dispatchIntervalMs, parameters }: StrategyOptions): WindowClock {
  if (parameters['window'] === 'arrival') return (now) => now + dispatchIntervalMs;
  return (now) => {
    const next = (Math.floor(now / dispatchIntervalMs) + 1) * dispatchIntervalMs;
    // Rounding may have put the quotient a hair below the tick that `now` is.
    return next > now ? next : next + dispatchIntervalMs;
  };
}

/** One function's windows: the one that gathers, and those closed but not yet dispatched, in order. */
export class FunctionWindows {
  readonly closed: Window[] = [];
  readonly #gathering = new WaitingList();
  #closesAt = Number.POSITIVE_INFINITY;

  /** @returns when the window closes, if this invocation opened it. */
  gather(invocation: PendingInvocation, now: number, clock: WindowClock): number | undefined {
    this.#gathering.push(invocation);
    if (this.#closesAt !== Number.POSITIVE_INFINITY) return undefined;
    this.#closesAt = clock(now);
    return this.#closesAt;
  }

  /** Closes the gathering window if its time has come, as windows of one batch each. @returns whether it did. */
  close(now: number, limits: () => BatchLimits): boolean {
    if (now < this.#closesAt) return false;
    const closedAt = this.#closesAt;
    this.#closesAt = Number.POSITIVE_INFINITY;
    if (this.#gathering.length === 0) return true;
    const { maxBatchSize, maxBatchBytes } = limits();
    while (this.#gathering.length > 0) {
      this.closed.push({ invocations: this.#gathering.split(maxBatchSize, maxBatchBytes), closedAt });
    }
    return true;
  }

  get isEmpty(): boolean {
    return this.closed.length === 0 && this.#gathering.length === 0;
  }

  /** A cancelled invocation leaves; a window without any goes with it. */
  remove(invocation: PendingInvocation): void {
    if (this.#gathering.remove(invocation)) return;
    const at = this.closed.findIndex((window) => window.invocations.remove(invocation));
    if (this.closed[at]?.invocations.length === 0) this.closed.splice(at, 1);
  }
}
