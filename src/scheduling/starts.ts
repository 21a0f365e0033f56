import { containerNames, type FunctionContainers } from './containers.ts';
import type { Command, SchedulingView } from './strategy.ts';

/** A function that may want more containers than are starting. */
export interface StartSeeker {
  readonly key: string;
  readonly containers: FunctionContainers;
  /** What the next of them is worth, in milliseconds of waiting. */
  startIsWorthMs(now: number): number;
  /** Starts to begin now, beyond those under way. */
  readonly startsWanted: number;
}

/** Begins starts, as many as capacity allows: first where a start is worth most. */
export class StartSeekers<T extends StartSeeker> {
  readonly #short = new Set<T>();
  readonly #nextName = containerNames();

  /** To be called whenever what a function wants may have changed. */
  note(seeker: T): void {
    if (seeker.startsWanted > 0) this.#short.add(seeker);
    else this.#short.delete(seeker);
  }

  /** Those for whom capacity did not suffice. */
  unserved(): Iterable<T> {
    return this.#short;
  }

  begin(view: SchedulingView, commands: Command[]): void {
    const begun: string[] = [];
    for (;;) {
      const seeker = this.#first(view.now, (key) => view.capacity.canStart([...begun, key]));
      if (seeker === undefined) return;
      const containerId = this.#nextName();
      begun.push(seeker.key);
      seeker.containers.starting.add(containerId);
      commands.push({ type: 'start', containerId, functionKey: seeker.key });
      this.note(seeker);
    }
  }

  #first(now: number, canStart: (key: string) => boolean): T | undefined {
    let first: T | undefined;
    for (const seeker of this.#short) {
      if (first !== undefined && seeker.startIsWorthMs(now) <= first.startIsWorthMs(now)) continue;
      if (canStart(seeker.key)) first = seeker;
    }
    return first;
  }
}
