import type { Outcome } from '../protocol/invocation.ts';
import { latenciesOf } from '../protocol/latency.ts';
import type { InvocationView } from '../queue/queue.ts';
import { explain } from './explanation.ts';

/** In the order in which an invocation passes them. */
const TIMES = [
  'acceptedAt',
  'enqueuedAt',
  'batchedAt',
  'dispatchedAt',
  'executionStartedAt',
  'executionEndedAt',
  'completedAt',
  'containerStartRequestedAt',
  'containerReadyAt',
] as const;

/** What is known of an invocation: where it is, what became of it, and why it waited. */
export function invocationAnswer(view: InvocationView, now: number, resultPath: string | undefined) {
  const { invocationId, functionKey, state, acceptedAt, outcome } = view;
  return {
    invocationId,
    function: functionKey,
    state,
    ...(resultPath !== undefined && { result: resultPath }),
    why: explain(view, now),
    ageMs: now - acceptedAt,
    ...(outcome !== undefined && outcomeFields(outcome)),
  };
}

function outcomeFields(outcome: Outcome) {
  const { status, code, message, attempt, acceptedAt } = outcome;
  return {
    status,
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    attempt,
    ...(outcome.batchId !== undefined && { batch: { id: outcome.batchId, size: outcome.batchSize } }),
    ...(outcome.containerId !== undefined && { container: { id: outcome.containerId, start: outcome.startKind } }),
    sinceAcceptedMs: timesSince(outcome, acceptedAt),
    latencyMs: latenciesOf(outcome),
    ...(outcome.cpuMs !== undefined && { cpuMs: outcome.cpuMs }),
    logs: (outcome.logs ?? []).map(({ at, level, text }) => ({ sinceAcceptedMs: at - acceptedAt, level, text })),
    logsTruncated: outcome.logsTruncated ?? false,
  };
}

/** `acceptedAt` is 0; the container's start may lie before it. */
function timesSince(outcome: Outcome, acceptedAt: number): Record<string, number> {
  const since: Record<string, number> = {};
  for (const time of TIMES) {
    const at = outcome[time];
    if (at !== undefined) since[time.slice(0, -'At'.length)] = at - acceptedAt;
  }
  return since;
}
