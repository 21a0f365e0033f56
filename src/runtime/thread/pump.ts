import { monotonicMs } from '../../lib/clock.ts';
import { type Deferred, deferred } from '../../lib/deferred.ts';
import type { BatchTask } from '../crossing/messages.ts';
import { SharedBatch } from '../crossing/sharedBatch.ts';
import type { Claim } from './call.ts';
import type { Journal } from './journal.ts';
import type { Reports } from './reports.ts';

/** Handlers are called for this long before the event loop gets a turn. */
const SLICE_MS = 2;

/** One batch that this thread takes part in. */
interface Work {
  readonly task: BatchTask;
  readonly shared: SharedBatch;
  /** Entries before this one are claimed, by this thread or another. */
  position: number;
  /** Claimed here, and not over. */
  underWay: number;
  readonly done: Deferred<void>;
}

interface WorkClaim extends Claim {
  readonly work: Work;
}

export interface PumpParts {
  readonly threadId: number;
  /** Calls under way at once on this thread. */
  readonly limit: number;
  /**
   * Claims as many as the limit allows at once: right where no other thread could take them. Else one at a time, so
   * that a thread with a heavy invocation leaves the rest to the others.
   */
  readonly greedy: boolean;
  readonly reports: Reports;
  /** For functions that may not be run twice. */
  readonly journal: Journal | undefined;
  /** Never rejects. */
  readonly run: (claim: Claim) => Promise<void>;
}

/**
 * Claims invocations of the batches that this thread was given, oldest batch first, and runs them up to the limit.
 * Between claims the event loop turns once, so that handlers which await go on, and pings are answered.
 */
export class Pump {
  readonly #parts: PumpParts;
  readonly #queue: Work[] = [];
  /** Claimed and reported as started, but not called yet. */
  #claimed: WorkClaim[] = [];
  #underWay = 0;
  #scheduled = false;

  constructor(parts: PumpParts) {
    this.#parts = parts;
  }

  /** Resolves when nothing is left to claim in it, and what was claimed here is over. */
  take(task: BatchTask): Promise<void> {
    const shared = new SharedBatch(task.shared, task.count);
    const work: Work = { task, shared, position: 0, underWay: 0, done: deferred() };
    this.#queue.push(work);
    this.#schedule();
    return work.done.promise;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#claimed.length === 0) this.#claimMore();
    const sliceEnd = monotonicMs() + SLICE_MS;
    for (let claim = this.#claimed.shift(); claim !== undefined; claim = this.#claimed.shift()) {
      void this.#run(claim);
      if (monotonicMs() >= sliceEnd) break;
    }
    if (this.#claimed.length > 0 || this.#hasRoom()) this.#schedule();
  }

  #hasRoom(): boolean {
    return this.#queue.length > 0 && this.#underWay < this.#parts.limit;
  }

  #claimMore(): void {
    const { limit, greedy, reports, journal } = this.#parts;
    const room = Math.max(0, limit - this.#underWay);
    for (let left = greedy ? room : Math.min(1, room); left > 0; left -= 1) {
      const claim = this.#claimNext();
      if (claim === undefined) break;
      this.#claimed.push(claim);
    }
    if (this.#claimed.length === 0) return;
    journal?.write(this.#claimed.map(({ stream, entry }) => ({ stream, index: entry.index })));
    reports.started(this.#claimed);
  }

  #claimNext(): WorkClaim | undefined {
    for (let work = this.#queue[0]; work !== undefined; work = this.#queue[0]) {
      const { stream, entries } = work.task;
      for (let entry = entries[work.position]; entry !== undefined; entry = entries[work.position]) {
        work.position += 1;
        if (!work.shared.claim(entry.index, this.#parts.threadId)) continue;
        work.underWay += 1;
        return { stream, shared: work.shared, entry, work };
      }
      this.#queue.shift();
      if (work.underWay === 0) work.done.resolve();
    }
    return undefined;
  }

  async #run(claim: WorkClaim): Promise<void> {
    this.#underWay += 1;
    await this.#parts.run(claim);
    this.#underWay -= 1;
    const { work } = claim;
    work.underWay -= 1;
    if (work.underWay === 0 && !this.#queue.includes(work)) work.done.resolve();
    if (this.#hasRoom()) this.#schedule();
  }
}
