/** The times that latencies come from; an Outcome and a PlatformRecord are both of this shape. Monotonic milliseconds. */
export interface InvocationTimes {
  readonly acceptedAt: number;
  readonly dispatchedAt?: number | undefined;
  readonly executionStartedAt?: number | undefined;
  readonly executionEndedAt?: number | undefined;
  readonly completedAt: number;
  /** Of the serving container. */
  readonly containerStartRequestedAt?: number | undefined;
  readonly containerReadyAt?: number | undefined;
}

/**
 * Where an accepted invocation spent its time, in milliseconds. A stage that was not reached is absent:
 * what timed out in the queue has a total, and no scheduling latency.
 */
export interface Latencies {
  /** From accepted to dispatched; the cold start is part of it. */
  readonly scheduling?: number;
  /** The part of that wait during which the serving container was being started; 0 where it was ready before. */
  readonly coldStart?: number;
  /** From dispatched to executing: the hop, and the wait inside the container. */
  readonly queueing?: number;
  readonly execution?: number;
  /** From the end of the execution until the outcome was there; with `release: batch`, the wait for the slowest. */
  readonly batchCompletion?: number;
  /** From accepted to completed. The client's end-to-end latency has the way to the platform and back in addition. */
  readonly total: number;
}

export type Stage = keyof Latencies;

/** In the order in which an invocation goes through them. */
export const STAGES = ['scheduling', 'coldStart', 'queueing', 'execution', 'batchCompletion', 'total'] as const;

/** The one place where latencies are derived from times. */
export function latenciesOf(times: InvocationTimes): Latencies {
  const { acceptedAt, dispatchedAt, executionStartedAt, executionEndedAt, completedAt } = times;
  const latencies: { -readonly [stage in keyof Latencies]: Latencies[stage] } = { total: completedAt - acceptedAt };
  if (dispatchedAt === undefined) return latencies;
  latencies.scheduling = dispatchedAt - acceptedAt;
  latencies.coldStart = coldStartMs(times, dispatchedAt);
  if (executionStartedAt === undefined) return latencies;
  latencies.queueing = executionStartedAt - dispatchedAt;
  if (executionEndedAt === undefined) return latencies;
  latencies.execution = executionEndedAt - executionStartedAt;
  latencies.batchCompletion = completedAt - executionEndedAt;
  return latencies;
}

/** The overlap of the wait [acceptedAt, dispatchedAt] with the start [startRequestedAt, readyAt] of the serving container. */
function coldStartMs(times: InvocationTimes, dispatchedAt: number): number {
  const { acceptedAt, containerStartRequestedAt: startRequestedAt, containerReadyAt: readyAt } = times;
  if (startRequestedAt === undefined || readyAt === undefined) return 0;
  return Math.max(0, Math.min(dispatchedAt, readyAt) - Math.max(acceptedAt, startRequestedAt));
}
