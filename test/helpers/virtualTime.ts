import type { Clock } from '../../src/scheduling/wakes.ts';

/** A clock that jumps from one alarm to the next. */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  #alarms: { at: number; order: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  callAt(at: number, callback: () => void): () => void {
    this.#order += 1;
    const alarm = { at: Math.max(at, this.#now), order: this.#order, callback };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** Runs alarm after alarm until none is left; fails if that never comes. */
  runToEnd(maxAlarms = 1_000_000): void {
    for (let count = 0; this.#alarms.length > 0; count += 1) {
      if (count > maxAlarms) throw new Error('virtual time does not come to an end');
      const [next] = this.#alarms.sort((a, b) => a.at - b.at || a.order - b.order);
      if (next === undefined) return;
      this.#alarms.shift();
      this.#now = next.at;
      next.callback();
    }
  }
}
