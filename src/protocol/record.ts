import type { OutcomeStatus, StartKind } from './invocation.ts';

/** How the client saw a call end. `dropped`: never sent; `lost`: sent, and no answer came. */
export type ClientStatus = OutcomeStatus | 'rejected' | 'dropped' | 'lost';

/**
 * The client's half of a record, one line of a run's `client.ndjson`. Times are monotonic milliseconds of the host.
 */
export interface ClientRecord {
  readonly invocationId: string;
  readonly sequence: number;
  /** The function's name as called (without namespace and digest). */
  readonly function: string;
  readonly scheduledAt: number;
  readonly sentAt?: number;
  readonly receivedAt?: number;
  readonly status: ClientStatus;
  readonly httpStatus?: number;
  readonly code?: string;
}

/** The platform's half, one line of a run's `platform.ndjson`: an outcome without its body. Monotonic milliseconds. */
export interface PlatformRecord {
  readonly invocationId: string;
  readonly functionKey: string;
  readonly workerId: string;
  readonly status: OutcomeStatus;
  readonly code?: string;
  readonly message?: string;
  readonly attempt: number;
  readonly acceptedAt: number;
  readonly enqueuedAt: number;
  readonly batchedAt?: number;
  readonly dispatchedAt?: number;
  readonly executionStartedAt?: number;
  readonly executionEndedAt?: number;
  readonly completedAt: number;
  readonly batchId?: string;
  readonly batchSize?: number;
  readonly containerId?: string;
  readonly startKind?: StartKind;
  readonly containerStartRequestedAt?: number;
  readonly containerReadyAt?: number;
  readonly cpuMs?: number;
  readonly resourcesCreated?: number;
  readonly resourcesReused?: number;
  readonly logs?: readonly { readonly at: number; readonly level: string; readonly text: string }[];
  readonly logsTruncated?: boolean;
}
