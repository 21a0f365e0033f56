import { monotonicMs } from '../../lib/clock.ts';

/** Knows whether anybody uses the server: requests under way, and when the last one ended. */
export class Activity {
  #underWay = 0;
  #lastAt = monotonicMs();

  begin(): void {
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
    this.#lastAt = monotonicMs();
  }

  /** 0 while a request is under way. */
  get idleMs(): number {
    return this.#underWay > 0 ? 0 : monotonicMs() - this.#lastAt;
  }
}
