import type { PendingInvocation, StrategyOptions } from './strategy.ts';
import { WaitingList } from './waiting.ts';

/** Invocations that were gathered together and stay together. */
export interface Window {
  readonly invocations: WaitingList;
  readonly closedAt: number;
}

/** When a window that opens now will close. */
export type WindowClock = (now: number) => number;

/**
 * `tick`: free-running, instants at multiples of the interval from the first event on, whatever arrives when.
 * `arrival`: each window ends one interval after its own first invocation.
 */
export function windowClock({ dispatchIntervalMs, parameters }: StrategyOptions): WindowClock {
  if (parameters['window'] === 'arrival') return (now) => now + dispatchIntervalMs;
  let origin: number | undefined;
  return (now) => {
    origin ??= now;
    const next = origin + (Math.floor((now - origin) / dispatchIntervalMs) + 1) * dispatchIntervalMs;
    // Rounding may have put the quotient a hair below the tick that `now` is.
    return next > now ? next : next + dispatchIntervalMs;
  };
}

/** One function's windows: the one that gathers, and those closed but not yet dispatched, in order. */
export class FunctionWindows {
  readonly closed: Window[] = [];
  readonly #gathering = new WaitingList();
  #closesAt = Number.POSITIVE_INFINITY;

  get oldest(): PendingInvocation | undefined {
    return this.closed[0]?.invocations.oldest ?? this.#gathering.oldest;
  }

  /** @returns when the window closes, if this invocation opened it. */
  gather(invocation: PendingInvocation, now: number, clock: WindowClock): number | undefined {
    this.#gathering.push(invocation);
    if (this.#closesAt !== Number.POSITIVE_INFINITY) return undefined;
    this.#closesAt = clock(now);
    return this.#closesAt;
  }

  /** Closes the gathering window if its time has come, as windows of at most `maxSize`. @returns whether it did. */
  close(now: number, maxSize: number): boolean {
    if (now < this.#closesAt) return false;
    const closedAt = this.#closesAt;
    this.#closesAt = Number.POSITIVE_INFINITY;
    while (this.#gathering.length > 0) {
      const invocations = new WaitingList();
      for (const invocation of this.#gathering.take(maxSize)) invocations.push(invocation);
      this.closed.push({ invocations, closedAt });
    }
    return true;
  }

  /** A cancelled invocation leaves; a window without any goes with it. */
  remove(invocation: PendingInvocation): void {
    if (this.#gathering.remove(invocation)) return;
    const at = this.closed.findIndex((window) => window.invocations.remove(invocation));
    if (this.closed[at]?.invocations.length === 0) this.closed.splice(at, 1);
  }
}
