import type { Container } from './container.ts';

export interface PrewarmedOptions {
  readonly target: number;
  readonly make: () => Container;
  /** Refills give way to starts that somebody waits for. */
  readonly mayStart: () => boolean;
}

interface Spare {
  readonly container: Container;
  ready: boolean;
}

/** Generic containers, started ahead of need, kept at a number and refilled one at a time in the background. */
export class PrewarmedContainers {
  readonly #options: PrewarmedOptions;
  readonly #spares = new Set<Spare>();
  #closed = false;
  #failures = 0;

  constructor(options: PrewarmedOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#spares.size;
  }

  /** @returns a container that is connected and belongs to nobody, if there is one. */
  take(): Container | undefined {
    for (const spare of this.#spares) {
      if (!spare.ready) continue;
      this.#spares.delete(spare);
      return spare.container;
    }
    return undefined;
  }

  /** A container is gone; it may have been one of these. */
  forget(container: Container): void {
    for (const spare of this.#spares) if (spare.container === container) this.#spares.delete(spare);
  }

  /** Starts the next one if one is missing; to be called whenever there may be room. */
  refill(): void {
    const { target, make, mayStart } = this.#options;
    const starting = [...this.#spares].some(({ ready }) => !ready);
    if (this.#closed || starting || this.#spares.size >= target || this.#failures >= 3 || !mayStart()) return;
    const spare: Spare = { container: make(), ready: false };
    this.#spares.add(spare);
    spare.container.boot().then(
      () => {
        spare.ready = true;
        this.#failures = 0;
        this.refill();
      },
      () => {
        this.#spares.delete(spare);
        this.#failures += 1;
        this.refill();
      },
    );
  }

  close(): void {
    this.#closed = true;
    this.#spares.clear();
  }
}
