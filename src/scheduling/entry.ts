import type { ContainerOutcome, Invocation, Outcome, StartKind } from '../protocol/invocation.ts';
import type { Batch, ContainerTimes } from './fleet.ts';
import type { PendingInvocation } from './strategy.ts';

/** A batch and what of it is still out. */
export interface RunningBatch extends Batch {
  readonly containerId: string;
  readonly times: ContainerTimes;
  readonly batchedAt: number;
  readonly dispatchedAt: number;
  open: number;
  /** With `release: batch`: outcomes that wait for the last of the batch. */
  readonly withheld: (() => void)[];
}

/**
 * An accepted invocation until its outcome.
 *
 * waiting → dispatched → started → (gone)
 *    ↑__________|___________|        when its container is lost and it may be run again
 */
export interface Entry {
  readonly invocation: Invocation;
  readonly onOutcome: (outcome: Outcome) => void;
  pending: PendingInvocation;
  enqueuedAt: number;
  state: 'waiting' | 'dispatched' | 'started';
  batch: RunningBatch | undefined;
  /** The caller hung up. */
  cancelled: boolean;
  /** Times that it was alone in a container that was lost. */
  lostAlone: number;
}

/** What the caller and the recorder get: the container's words with the dispatcher's. */
export function toOutcome(entry: Entry, ended: ContainerOutcome, completedAt: number): Outcome {
  const { invocation, batch } = entry;
  return {
    ...ended,
    invocationId: invocation.id,
    functionKey: invocation.functionKey,
    attempt: entry.pending.attempt,
    acceptedAt: invocation.acceptedAt,
    enqueuedAt: entry.enqueuedAt,
    completedAt,
    ...(batch === undefined
      ? {}
      : {
          batchedAt: batch.batchedAt,
          dispatchedAt: batch.dispatchedAt,
          batchId: batch.id,
          batchSize: batch.invocations.length,
          containerId: batch.containerId,
          startKind: startKind(invocation.acceptedAt, batch.times),
          containerStartRequestedAt: batch.times.startRequestedAt,
          containerReadyAt: batch.times.readyAt,
        }),
  };
}

/** How a container that became ready at `readyAt` came to serve an invocation accepted at `acceptedAt`. */
function startKind(acceptedAt: number, times: ContainerTimes): StartKind {
  if (acceptedAt >= times.readyAt) return 'warm';
  if (times.prewarmed) return 'prewarmed';
  return acceptedAt > times.startRequestedAt ? 'rode' : 'cold';
}

export function newEntry(invocation: Invocation, enqueuedAt: number, onOutcome: (outcome: Outcome) => void): Entry {
  const { id, functionKey, acceptedAt, body } = invocation;
  const pending = { id, functionKey, acceptedAt, attempt: 1, bytes: body.byteLength };
  return {
    invocation,
    onOutcome,
    pending,
    enqueuedAt,
    state: 'waiting',
    batch: undefined,
    cancelled: false,
    lostAlone: 0,
  };
}

/** The entry waits again, for its next attempt. */
export function requeue(entry: Entry, now: number): void {
  if (entry.batch !== undefined) leaveBatch(entry.batch);
  entry.batch = undefined;
  entry.state = 'waiting';
  entry.enqueuedAt = now;
  entry.pending = { ...entry.pending, attempt: entry.pending.attempt + 1 };
}

/** One of the batch is through; the last one sets the withheld outcomes free. */
export function leaveBatch(batch: RunningBatch): void {
  batch.open -= 1;
  if (batch.open > 0) return;
  for (const deliver of batch.withheld.splice(0)) deliver();
}
