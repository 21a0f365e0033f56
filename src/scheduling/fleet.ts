import type { FaasError } from '../protocol/errors.ts';
import type { ContainerOutcome, Invocation } from '../protocol/invocation.ts';
import type { Capacity } from './strategy.ts';

/** Invocations on their way to one container together. */
export interface Batch {
  readonly id: string;
  readonly functionKey: string;
  readonly invocations: readonly Invocation[];
}

/** The containers, as the dispatcher sees them: commands in. What happens comes back through FleetEvents. */
export interface Fleet {
  readonly capacity: Capacity;
  start(containerId: string, functionKey: string): void;
  dispatch(containerId: string, batch: Batch): void;
  /** Gives an invocation of a batch up; if it has not started it ends as `failed` (`cancelled`). */
  cancel(containerId: string, batchId: string, invocationId: string): void;
  /** Ends an idle container. */
  retire(containerId: string): void;
}

export interface ContainerTimes {
  readonly startRequestedAt: number;
  readonly readyAt: number;
  /** It was a generic container, started ahead of need. */
  readonly prewarmed: boolean;
}

/** What the fleet tells the dispatcher; it may do so from within a command. */
export interface FleetEvents {
  containerReady(containerId: string, times: ContainerTimes): void;
  startFailed(containerId: string, error: FaasError): void;
  /** Retired, evicted or expired while idle; or lost with all that it had. */
  containerGone(containerId: string, reason: string): void;
  started(invocationIds: readonly string[]): void;
  /** Once per invocation of a batch, unless the container goes before. */
  ended(invocationId: string, outcome: ContainerOutcome): void;
}
