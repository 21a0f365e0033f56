import type { SchedulingEvent } from './strategy.ts';

/**
 * What a strategy remembers of one function's containers: which are starting, which idle, how many invocations each
 * serves. Idle ones are handed out most recently used first, so that the others can reach their keep-alive's end.
 */
export class FunctionContainers {
  readonly starting = new Set<string>();
  /** The last is the most recently used. */
  readonly #idle: string[] = [];
  readonly #ready = new Set<string>();
  readonly #inFlight = new Map<string, number>();

  /** Starting, idle or busy. */
  get count(): number {
    return this.starting.size + this.#ready.size;
  }

  /** Follows what happens to containers; other events do not concern it. */
  note(event: SchedulingEvent): void {
    switch (event.type) {
      case 'containerReady':
        this.starting.delete(event.containerId);
        this.#ready.add(event.containerId);
        this.#idle.push(event.containerId);
        break;
      case 'startFailed':
        this.starting.delete(event.containerId);
        break;
      case 'containerGone':
        this.#forget(event.containerId);
        break;
      case 'outcome':
        this.#ended(event.containerId);
        break;
      default:
    }
  }

  /** @returns the idle container used last; it is not idle any more. */
  takeIdle(): string | undefined {
    return this.#idle.pop();
  }

  /** A container that was taken is not needed after all. */
  putBack(containerId: string): void {
    this.#idle.push(containerId);
  }

  dispatched(containerId: string, invocations: number): void {
    this.#inFlight.set(containerId, (this.#inFlight.get(containerId) ?? 0) + invocations);
  }

  #ended(containerId: string): void {
    const left = (this.#inFlight.get(containerId) ?? 0) - 1;
    if (left > 0) {
      this.#inFlight.set(containerId, left);
    } else if (this.#inFlight.delete(containerId)) {
      this.#idle.push(containerId);
    }
  }

  #forget(containerId: string): void {
    this.#ready.delete(containerId);
    this.#inFlight.delete(containerId);
    const at = this.#idle.indexOf(containerId);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

/** Names containers c1, c2, … in the order in which a strategy starts them. */
export function containerNames(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `c${count}`;
  };
}
