/** A clock and one alarm: real in the worker, virtual in tests and simulators. */
export interface Clock {
  now(): number;
  /** Calls back at or after this time. @returns a way to call it off. */
  callAt(at: number, callback: () => void): () => void;
}

/** Many wishes to be woken, one alarm. */
export class Wakes {
  readonly #clock: Clock;
  readonly #onWake: () => void;
  readonly #times = new Set<number>();
  #alarm: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, onWake: () => void) {
    this.#clock = clock;
    this.#onWake = onWake;
  }

  add(at: number): void {
    this.#times.add(at);
    if (this.#alarm === undefined || at < this.#alarm.at) this.#set(at);
  }

  clear(): void {
    this.#times.clear();
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }

  #set(at: number): void {
    this.#alarm?.cancel();
    this.#alarm = { at, cancel: this.#clock.callAt(at, () => this.#ring()) };
  }

  #ring(): void {
    this.#alarm = undefined;
    const now = this.#clock.now();
    for (const at of this.#times) if (at <= now) this.#times.delete(at);
    if (this.#times.size > 0) this.#set(Math.min(...this.#times));
    this.#onWake();
  }
}
