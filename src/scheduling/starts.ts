import { containerNames, type FunctionContainers } from './containers.ts';
import type { Command, PendingInvocation, SchedulingView } from './strategy.ts';

/** A function that may want more containers than are starting. */
export interface StartSeeker {
  readonly key: string;
  readonly containers: FunctionContainers;
  /** The invocation that has waited longest. */
  readonly oldest: PendingInvocation | undefined;
  /** Starts to begin now, beyond those under way. */
  readonly startsWanted: number;
}

/** Begins starts, as many as capacity allows, for the functions whose oldest invocation has waited longest. */
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
      const seeker = this.#longestWaiting((key) => view.capacity.canStart([...begun, key]));
      if (seeker === undefined) return;
      const containerId = this.#nextName();
      begun.push(seeker.key);
      seeker.containers.starting.add(containerId);
      commands.push({ type: 'start', containerId, functionKey: seeker.key });
      this.note(seeker);
    }
  }

  #longestWaiting(canStart: (key: string) => boolean): T | undefined {
    let longest: { seeker: T; since: number } | undefined;
    for (const seeker of this.#short) {
      const since = seeker.oldest?.acceptedAt ?? Number.POSITIVE_INFINITY;
      if (longest !== undefined && longest.since <= since) continue;
      if (canStart(seeker.key)) longest = { seeker, since };
    }
    return longest?.seeker;
  }
}
