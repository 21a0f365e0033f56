import type { ErrorCode } from './errors.ts';
import type { LogLine, OutcomeStatus } from './invocation.ts';

/**
 * The headers of the messages between worker and container; README.md beside this file says who sends what when.
 * `index` is an invocation's place in the batch's list.
 */

/** container → worker, once, on the container's first stream. */
export interface HelloHeader {
  readonly protocol: number;
  /** For example `node/20.20.2`. */
  readonly runtime: string;
  readonly threads: number;
  readonly capabilities: readonly string[];
  readonly pid: number;
}

/** worker → container: become this function. Answered on the same stream by `ready` or `failed`. */
export interface InitHeader {
  /** `namespace/name@digest` */
  readonly functionKey: string;
  /** The function's folder and its module, as the container sees them. */
  readonly codePath: string;
  readonly handler: string;
  readonly kind: 'cpu' | 'io';
  /** `serial`: one invocation of the container at a time, the original's native image. */
  readonly parallelism: 'serial' | 'parallel';
  /** Invocations under way at once in this container. */
  readonly concurrency: number;
  readonly threads: number;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly multiplexing: boolean;
  readonly maxResultBytes: number;
  readonly maxLogBytes: number;
  readonly env: Readonly<Record<string, string>>;
  /** Where to keep a journal of what was begun (startedJournal.ts), as the container sees it. Missing: nowhere. */
  readonly journal?: string;
  /** The handler takes an array of events; no container does that yet. Missing: false. */
  readonly batch?: boolean;
}

export interface ReadyHeader {
  /** Time that importing the handler took. */
  readonly importMs: number;
}

export interface FailedHeader {
  readonly code: ErrorCode;
  readonly message: string;
}

/** worker → container: a whole batch; the payload is the bodies one after another. */
export interface InvokeHeader {
  readonly batchId: string;
  readonly invocations: readonly {
    readonly id: string;
    readonly contentType: string;
    /** Bytes of this invocation's body. */
    readonly size: number;
  }[];
}

/** container → worker, on the batch's stream, before the handlers are called; coalesced. */
export interface StartedHeader {
  readonly indices: readonly number[];
}

/** container → worker, on the batch's stream, as each invocation ends; the payload is the result. The last has END. */
export interface OutcomeHeader {
  readonly index: number;
  readonly status: OutcomeStatus;
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly contentType?: string;
  readonly executionStartedAt?: number;
  readonly executionEndedAt?: number;
  readonly cpuMs?: number;
  readonly logs?: readonly LogLine[];
  readonly logsTruncated?: boolean;
  readonly resourcesCreated?: number;
  readonly resourcesReused?: number;
}

/** worker → container, on the batch's stream: the callers of these hung up; what has started goes on. */
export interface CancelHeader {
  readonly indices: readonly number[];
}

/** container → worker, in answer to an empty `stats`. */
export interface StatsHeader {
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly threads: number;
  readonly invocationsInFlight: number;
  readonly resourcesLive: number;
  readonly resourcesCreated: number;
  readonly resourcesReused: number;
}
