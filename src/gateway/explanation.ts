import { formatMs } from '../lib/duration.ts';
import type { Outcome, StartKind } from '../protocol/invocation.ts';
import { latenciesOf } from '../protocol/latency.ts';
import type { InvocationView } from '../queue/queue.ts';

const CONTAINERS: Readonly<Record<StartKind, string>> = {
  warm: 'a container that was warm',
  cold: 'a container that was started for it',
  rode: 'a container that was being started already',
  prewarmed: 'a prewarmed container that became its function',
};

/** Why did it wait? In sentences, from its times alone. */
export function explain(view: InvocationView, now: number): string {
  const { outcome } = view;
  if (outcome !== undefined) return explainOutcome(outcome);
  const sofar = formatMs(now - view.acceptedAt);
  if (view.state === 'dispatched') return `It was accepted ${sofar} ago and is with a container.`;
  return `It has waited ${sofar} so far: the strategy has not dispatched it to a container yet.`;
}

function explainOutcome(outcome: Outcome): string {
  const { scheduling, queueing, execution, total } = latenciesOf(outcome);
  if (scheduling === undefined) return `It waited ${formatMs(total)} and was never dispatched. ${ending(outcome)}`;
  const sentences = [explainScheduling(outcome, scheduling)];
  if (outcome.attempt > 1) sentences.push(`That was attempt ${outcome.attempt}; the time counts from the first.`);
  if (queueing !== undefined) sentences.push(`From there to its execution took ${formatMs(queueing)}.`);
  if (execution !== undefined) sentences.push(`It ran for ${formatMs(execution)}.`);
  sentences.push(ending(outcome));
  return sentences.join(' ');
}

function explainScheduling(outcome: Outcome, schedulingMs: number): string {
  const { batchedAt, acceptedAt, startKind, batchSize } = outcome;
  const { coldStart = 0 } = latenciesOf(outcome);
  const parts: string[] = [];
  if (batchedAt !== undefined) parts.push(`${formatMs(batchedAt - acceptedAt)} until its batch was formed`);
  if (coldStart > 0) parts.push(`${formatMs(coldStart)} while the container was being started`);
  const of = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  const where = startKind === undefined ? 'a container' : CONTAINERS[startKind];
  const company = batchSize === undefined || batchSize === 1 ? 'alone' : `in a batch of ${batchSize}`;
  return `It waited ${formatMs(schedulingMs)} to be dispatched${of}, ${company}, to ${where}.`;
}

function ending({ status, code, message }: Outcome): string {
  if (status === 'ok') return 'It ended ok.';
  return `It ended as ${status}${code === undefined ? '' : ` (${code})`}${message === undefined ? '.' : `: ${message}.`}`;
}
