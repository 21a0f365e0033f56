import type { Random } from '../lib/random.ts';
import type { OutcomeStatus } from '../protocol/invocation.ts';

/**
 * What a scheduling strategy is.
 *
 * A strategy decides which invocations go together, where and when. It is a pure state machine: events come in with
 * the time and a view of the capacity, commands go out. It does no I/O, sets no timers, reads no clock and draws no
 * randomness but the seeded one it was made with. One instance sees all functions of a worker. The worker drives it
 * in real time, tests and simulators in virtual time.
 *
 * Guarantees of whoever drives it (see dispatcher.ts):
 * - Every invocation arrives once per attempt, and leaves by being dispatched, cancelled or rejected.
 * - Container ids are the strategy's own: it names a container in `start` and hears of it under that name.
 * - After `start` comes exactly one of `containerReady` and `startFailed`; after `containerReady`, at some time,
 *   exactly one `containerGone`. An idle container may go at any time (keep-alive, memory); a busy one only by dying.
 *   What had been dispatched to a lost container arrives again, or has ended, before anything else happens.
 * - Commands are carried out in order, before the next event. A `start` beyond `capacity` is refused by `startFailed`.
 *
 * README.md in this folder has a complete strategy in thirty lines.
 */
export interface Strategy {
  readonly name: string;
  handle(event: SchedulingEvent, view: SchedulingView): Command[];
  /** How long an invocation waits at most while no limit binds and no container is lost. */
  readonly waitBound: WaitBound;
}

/** The wait is at most `ms` plus `one` start, or plus the starts of its function that run one after another (`serial`). */
export interface WaitBound {
  readonly ms: number;
  readonly starts: 'one' | 'serial';
}

/** What a strategy may know of an invocation. */
export interface PendingInvocation {
  readonly id: string;
  readonly functionKey: string;
  readonly acceptedAt: number;
  readonly attempt: number;
  readonly bytes: number;
}

export type SchedulingEvent =
  | { readonly type: 'arrival'; readonly invocation: PendingInvocation }
  /** The caller hung up, or the wait was too long; only for what has not been dispatched. */
  | { readonly type: 'cancelled'; readonly invocation: PendingInvocation }
  | { readonly type: 'wake' }
  | { readonly type: 'containerReady'; readonly containerId: string; readonly functionKey: string }
  | { readonly type: 'startFailed'; readonly containerId: string; readonly functionKey: string }
  | { readonly type: 'containerGone'; readonly containerId: string; readonly functionKey: string }
  | {
      readonly type: 'outcome';
      readonly invocation: PendingInvocation;
      readonly containerId: string;
      readonly status: OutcomeStatus;
      /** executionEndedAt − executionStartedAt; absent if it never began. */
      readonly serviceMs?: number;
      readonly cpuMs?: number;
    };

export interface SchedulingView {
  readonly now: number;
  readonly capacity: Capacity;
}

/** Read-only, and true at the moment of the event. */
export interface Capacity {
  readonly cores: number;
  readonly coresIdle: number;
  readonly startsInFlight: number;
  readonly maxStartsInFlight: number;
  readonly memoryFreeBytes: number;
  /** Would one start for each of these, together, be within every limit? Idle containers of other functions make room. */
  canStart(functionKeys: readonly string[]): boolean;
  limits(functionKey: string): FunctionLimits;
}

export interface FunctionLimits {
  readonly maxContainers: number;
  /** Invocations in one dispatch at most. */
  readonly maxBatchSize: number;
  /** Of their bodies; one that is larger goes alone. */
  readonly maxBatchBytes: number;
  /** Invocations under way at once that one container of this function takes. */
  readonly concurrency: number;
  readonly kind: 'cpu' | 'io';
}

export type Command =
  | { readonly type: 'start'; readonly containerId: string; readonly functionKey: string }
  /** Together, to one container, as one batch; `batchedAt`: when it was settled who is in it, if before now. */
  | {
      readonly type: 'dispatch';
      readonly containerId: string;
      readonly invocations: readonly PendingInvocation[];
      readonly batchedAt?: number;
    }
  /** Ask for a `wake` at this time. Wakes asked for earlier stay. */
  | { readonly type: 'wake'; readonly at: number }
  | { readonly type: 'retire'; readonly containerId: string }
  | { readonly type: 'reject'; readonly invocation: PendingInvocation; readonly reason: string };

export interface StrategyOptions {
  readonly dispatchIntervalMs: number;
  readonly random: Random;
  /** Of the strategy's own: names and values as its description lists them. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

export interface StrategyParameter {
  readonly default: string | number | boolean;
  readonly oneOf?: readonly (string | number | boolean)[];
  readonly meaning: string;
}

/** How a strategy's containers run, and what it can be told; the registry's row for it. */
export interface StrategyDescription {
  readonly name: string;
  readonly summary: string;
  /** False for a strategy that dispatches at once. */
  readonly usesDispatchInterval: boolean;
  /** Inside a container. */
  readonly parallelism: 'serial' | 'parallel';
  readonly multiplexing: 'on' | 'off';
  readonly parameters: Readonly<Record<string, StrategyParameter>>;
  create(options: StrategyOptions): Strategy;
}
