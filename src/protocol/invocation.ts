import type { ErrorCode } from './errors.ts';

/**
 * One call of a function, as it travels from the gateway to a container. Serialisable as it stands.
 * Every `…At` in faasbatch is milliseconds on the host's monotonic clock (see lib/clock.ts); stored records
 * subtract their run's epoch.
 */
export interface Invocation {
  /** Given by the client (the replayer: `<runId>:<sequence>`) or made by the gateway. */
  readonly id: string;
  /** `namespace/name@digest`: the key of queues, containers and shared resources. */
  readonly functionKey: string;
  readonly contentType: string;
  /** The body as it came; only the handler's thread decodes it. */
  readonly body: Uint8Array;
  readonly acceptedAt: number;
}

/** How an accepted invocation ends: in exactly one of these. */
export type OutcomeStatus =
  | 'ok'
  /** The function's own failure. */
  | 'error'
  | 'timeout'
  /** The platform's failure. */
  | 'failed';

/** `warm`: the container was there; `cold`: it was started for this batch; `rode`: joined a start under way; `prewarmed`: a generic container became this function's. */
export type StartKind = 'warm' | 'cold' | 'rode' | 'prewarmed';

export interface LogLine {
  readonly at: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
}

/** What the container says of one invocation (times are its own readings of the host's clock). */
export interface ContainerOutcome {
  readonly status: OutcomeStatus;
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly contentType?: string;
  readonly body?: Uint8Array;
  readonly executionStartedAt?: number;
  readonly executionEndedAt?: number;
  /** CPU time of the thread during the call; absent where calls interleave on a thread. */
  readonly cpuMs?: number;
  readonly logs?: readonly LogLine[];
  /** True when log lines were cut at the limit. */
  readonly logsTruncated?: boolean;
  /** Resources that `context.resources` created and reused during the call. */
  readonly resourcesCreated?: number;
  readonly resourcesReused?: number;
}

/** The end of an accepted invocation, with where and when it was served: what the caller and the recorder get. */
export interface Outcome extends ContainerOutcome {
  readonly invocationId: string;
  readonly functionKey: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly acceptedAt: number;
  readonly enqueuedAt: number;
  readonly batchedAt?: number;
  readonly dispatchedAt?: number;
  readonly completedAt: number;
  readonly batchId?: string;
  readonly batchSize?: number;
  readonly containerId?: string;
  readonly startKind?: StartKind;
  readonly containerStartRequestedAt?: number;
  readonly containerReadyAt?: number;
}
