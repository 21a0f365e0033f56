import { monotonicMs } from '../../lib/clock.ts';
import type { Entry } from '../crossing/messages.ts';
import { PHASE } from '../crossing/sharedBatch.ts';
import type { Batch } from './batch.ts';
import type { Thread } from './threadPool.ts';

/** How long after a deadline the thread itself may still answer. */
const GRACE_MS = 30;
/** A thread with an overdue call on it is given up when its event loop has not turned for this long. */
const STUCK_MS = 200;
/** What a call left behind may keep a thread this much longer than a call may take. */
const LEFT_BEHIND_MS = 1_000;
/** Importing a handler may keep a thread this long. */
const IMPORT_MS = 60_000;
/** A thread that cannot be terminated in this time waits in the kernel, for a process or a file. */
const TERMINATION_MS = 2_000;

export interface WatchdogParts {
  readonly timeoutMs: number;
  readonly batches: ReadonlyMap<number, Batch>;
  threads(): Iterable<Thread>;
  thread(id: number): Thread | undefined;
  /** Hears what the thread has said already. */
  drain(thread: Thread): void;
  ping(thread: Thread): void;
  terminate(thread: Thread): void;
  /** Past its deadline, and the thread did not say so. */
  timedOut(batch: Batch, entry: Entry): void;
  /** A thread can neither be used nor ended. */
  broken(reason: string): void;
}

/**
 * Sees to deadlines where a thread cannot: while a handler runs synchronously, nothing else on its thread does.
 *
 * off ↔ watching: while there are batches, or threads with overdue calls. Every period it pings the threads and looks
 * for calls past their deadline. Those are answered; and a thread that had one is terminated if it is stuck, that is,
 * if a ping finds no answer. A thread without one is only terminated when it stands still for longer than any call
 * may take: something that a call left behind keeps it.
 */
export class Watchdog {
  readonly #parts: WatchdogParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
  }

  start(): void {
    const periodMs = Math.min(100, Math.max(10, this.#parts.timeoutMs / 5));
    this.#timer ??= setInterval(() => this.#look(), periodMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const thread of this.#parts.threads()) thread.pingSentAt = undefined;
  }

  /** The thread's event loop turns. */
  answered(thread: Thread): void {
    thread.pingSentAt = undefined;
    thread.overdue = false;
  }

  #look(): void {
    const { batches } = this.#parts;
    // This thread may itself be late: what it has not heard yet must not count against the others.
    for (const thread of this.#parts.threads()) this.#parts.drain(thread);
    const now = monotonicMs();
    for (const batch of batches.values()) this.#lookAt(batch, now);
    let overdue = false;
    for (const thread of this.#parts.threads()) {
      overdue ||= thread.overdue;
      this.#check(thread, now);
    }
    if (batches.size === 0 && !overdue) this.stop();
  }

  #lookAt(batch: Batch, now: number): void {
    for (const entry of batch.inPhase(PHASE.running)) {
      if (batch.shared.startedAt(entry.index) + this.#parts.timeoutMs + GRACE_MS > now) continue;
      const thread = this.#parts.thread(batch.shared.owner(entry.index));
      if (thread !== undefined) thread.overdue = true;
      this.#parts.timedOut(batch, entry);
    }
  }

  #check(thread: Thread, now: number): void {
    const { pingSentAt, terminatedAt } = thread;
    if (terminatedAt !== undefined) {
      if (now - terminatedAt >= TERMINATION_MS) this.#parts.broken('a thread could not be terminated');
    } else if (pingSentAt === undefined) {
      thread.pingSentAt = now;
      this.#parts.ping(thread);
    } else if (now - pingSentAt >= this.#patienceMs(thread)) {
      this.#parts.terminate(thread);
    }
  }

  #patienceMs(thread: Thread): number {
    if (thread.overdue) return STUCK_MS;
    return thread.loaded ? this.#parts.timeoutMs + LEFT_BEHIND_MS : IMPORT_MS;
  }
}
