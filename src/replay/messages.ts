import type { ClientStatus } from '../protocol/record.ts';

/** What the replayer process and its parent tell each other over the IPC channel. */

/** parent → replayer */
export type ReplayCommand =
  /** Send no more, let what is in flight end (for the plan's drainTimeoutMs), keep every record. */
  | { readonly type: 'stop' }
  /** The worker is known to be gone: what is in flight will not be answered. */
  | { readonly type: 'target-gone' };

/** replayer → parent */
export type ReplayMessage = ReplayStarted | ReplayProgress | ReplayResult;

/** Connections are open; the first call falls due at `epoch` plus its offset. */
export interface ReplayStarted {
  readonly type: 'started';
  /** Monotonic milliseconds, a little in the future. */
  readonly epoch: number;
  /** The same instant on the wall clock, ISO 8601. */
  readonly epochWallTime: string;
  readonly scheduled: number;
  /** When the last call falls due, after the epoch. */
  readonly lastAtMs: number;
}

/** At the end `scheduled` is the sum of the statuses. */
export interface ReplayCounts extends Readonly<Record<ClientStatus, number>> {
  readonly scheduled: number;
  /** Written to a connection, answered or not. */
  readonly sent: number;
}

/** A few times a second. */
export interface ReplayProgress {
  readonly type: 'progress';
  readonly counts: ReplayCounts;
  readonly inFlight: number;
  /** The latest sending since the last message, after its instant; null: nothing was sent. */
  readonly lagMs: number | null;
}

export type ReplayEnd =
  /** Every call was sent or, at the limit of calls in flight, dropped. */
  | 'completed'
  /** By a signal, by the parent's command, or because the parent is gone. */
  | 'interrupted'
  | 'target-gone'
  /** The target gave an answer that every other call would get too, such as 404. */
  | 'refused'
  /** A fault of the replayer's own: records could not be written, for example. */
  | 'failed';

/** The last message. */
export interface ReplayResult {
  readonly type: 'result';
  readonly end: ReplayEnd;
  /** Why it stopped early, for people; null when completed or interrupted. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** The schedule's zero; of a replay that never began, when it was given up. */
  readonly epoch: number;
  readonly endedAt: number;
  readonly counts: ReplayCounts;
  /** sentAt − scheduledAt over what was sent; null: nothing was. */
  readonly lagMs: { readonly p50: number | null; readonly p99: number | null; readonly max: number | null };
  /** Of the replayer process, from the epoch on. */
  readonly cpuSeconds: number;
}
