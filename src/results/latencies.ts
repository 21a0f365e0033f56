import type { ClientRecord, PlatformRecord } from '../protocol/record.ts';

/** The latencies of one invocation, milliseconds; null where its two ends are not both known. */
export interface InvocationLatencies {
  /** From when it was due: a late replayer counts against the result (no coordinated omission). */
  readonly endToEnd: number | null;
  readonly endToEndFromSent: number | null;
  readonly scheduling: number | null;
  /** The part of scheduling in which the serving container was being started; 0 for a warm one. */
  readonly coldStart: number | null;
  readonly queueing: number | null;
  readonly execution: number | null;
  readonly batchCompletion: number | null;
}

export const LATENCY_NAMES = [
  'endToEnd',
  'endToEndFromSent',
  'scheduling',
  'coldStart',
  'queueing',
  'execution',
  'batchCompletion',
] as const satisfies readonly (keyof InvocationLatencies)[];

/** What the latencies of a run depend on beside its records. */
export interface LatencyRules {
  /** `up` has no client halves: end to end is what the gateway saw, completedAt − acceptedAt. */
  readonly kind: 'replay' | 'up';
  /** Where a rejection counts: nobody would have waited longer. */
  readonly queueTimeoutMs: number;
}

/**
 * The latencies as design.md defines them. What timed out stays in the distributions at its deadline (the moment at
 * which it was ended), what was rejected at the limit of waiting, so that refusing work never makes a strategy look
 * faster.
 */
export function latenciesOf(
  rules: LatencyRules,
  client: ClientRecord | undefined,
  platform: PlatformRecord | undefined,
): InvocationLatencies {
  return {
    endToEnd: round(seenByClient(rules, client?.scheduledAt, client, platform)),
    endToEndFromSent: round(seenByClient(rules, client?.sentAt, client, platform)),
    scheduling: round(scheduling(platform)),
    coldStart: round(coldStart(platform)),
    queueing: round(between(platform?.dispatchedAt, platform?.executionStartedAt)),
    execution: round(between(platform?.executionStartedAt, executionEnd(platform))),
    batchCompletion: round(between(platform?.executionEndedAt, platform?.completedAt)),
  };
}

function seenByClient(
  rules: LatencyRules,
  from: number | undefined,
  client: ClientRecord | undefined,
  platform: PlatformRecord | undefined,
): number | undefined {
  if (rules.kind === 'up') return between(platform?.acceptedAt, platform?.completedAt);
  if (client === undefined || client.status === 'dropped') return undefined;
  if (client.status === 'rejected') return rules.queueTimeoutMs;
  return between(from, client.receivedAt);
}

/** What waited until its deadline and was never dispatched has waited all its time. */
function scheduling(platform: PlatformRecord | undefined): number | undefined {
  const end = platform?.dispatchedAt ?? (platform?.status === 'timeout' ? platform.completedAt : undefined);
  return between(platform?.acceptedAt, end);
}

function coldStart(platform: PlatformRecord | undefined): number | undefined {
  const { acceptedAt, dispatchedAt, containerStartRequestedAt: startAt, containerReadyAt: readyAt } = platform ?? {};
  if (acceptedAt === undefined || dispatchedAt === undefined) return undefined;
  if (startAt === undefined || readyAt === undefined) return 0;
  return Math.max(0, Math.min(dispatchedAt, readyAt) - Math.max(acceptedAt, startAt));
}

/** A handler that lost its thread at its deadline never reports its end. */
function executionEnd(platform: PlatformRecord | undefined): number | undefined {
  return platform?.executionEndedAt ?? (platform?.status === 'timeout' ? platform.completedAt : undefined);
}

function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}

/** To the microsecond; the sum turns −0, which JSON has not, into 0. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1e3) / 1e3 + 0;
}

function round(ms: number | undefined): number | null {
  return ms === undefined ? null : roundMs(ms);
}
