import { didYouMean } from '../lib/nearest.ts';
import { FaasError } from '../protocol/errors.ts';
import { type Field, fieldOf, readField } from './fields.ts';
import type { InvocationDocument } from './invocationDocument.ts';
import { type RunDocument, runDocumentId } from './runDocument.ts';
import { isRunId } from './runId.ts';
import { type Statistic, statisticOf } from './statistics.ts';
import type { ResultStore, StoredDocument } from './store.ts';
import { type Condition, holds, parseWhere } from './where.ts';

const REMOVE_DOCUMENTS = 500;

/** All stored runs, oldest first. */
export async function listRuns(store: ResultStore): Promise<RunDocument[]> {
  const runs: RunDocument[] = [];
  for await (const run of store.scan<RunDocument>({ from: 'run:', before: 'run;' })) runs.push(run);
  return runs;
}

/** @throws FaasError `run_not_found` that suggests what was probably meant */
export async function showRun(store: ResultStore, runId: string): Promise<RunDocument> {
  const run = isRunId(runId) ? await store.get<RunDocument>(runDocumentId(runId)) : undefined;
  if (run !== undefined) return run;
  const known = (await listRuns(store)).map((stored) => stored.runId);
  throw new FaasError('run_not_found', `no run "${runId}" is stored.${didYouMean(runId, known)}`, { runId });
}

export interface Question {
  /** As `parseWhere` reads it. Default: everything. */
  readonly where?: string | undefined;
  readonly groupBy?: readonly string[] | undefined;
  /** A field of numbers or times. Default: endToEnd. */
  readonly metric?: string | undefined;
  /** Default: count, mean, p50, p95, p99, max. */
  readonly stats?: readonly string[] | undefined;
}

export interface AnswerRow {
  readonly group: Readonly<Record<string, unknown>>;
  /** Invocations in the group. */
  readonly invocations: number;
  /** By name of the statistic, over the invocations that have the metric. */
  readonly values: Readonly<Record<string, number | null>>;
}

export interface Answer {
  readonly metric: string;
  readonly groupBy: readonly string[];
  readonly stats: readonly string[];
  /** Ordered by group. */
  readonly rows: readonly AnswerRow[];
}

/**
 * Statistics of one metric over all invocations that meet the conditions, by group. Invocations are fetched in pages
 * and added up here, so percentiles are exact.
 * @throws FaasError `invalid_query`
 */
export async function query(store: ResultStore, question: Question): Promise<Answer> {
  const conditions = parseWhere(question.where ?? '');
  const groupBy = (question.groupBy ?? []).map(fieldOf);
  const metric = metricOf(question.metric ?? 'endToEnd');
  const stats = (question.stats ?? ['count', 'mean', 'p50', 'p95', 'p99', 'max']).map(statisticOf);
  const groups = new Map<string, Group>();
  for await (const invocation of invocationsWhere(store, conditions)) {
    const key = groupBy.map((field) => readField(field, invocation));
    const name = JSON.stringify(key);
    const group: Group = groups.get(name) ?? { key, invocations: 0, values: [] };
    groups.set(name, group);
    group.invocations += 1;
    const value = readField(metric, invocation);
    if (typeof value === 'number') group.values.push(value);
  }
  const rows = [...groups.values()].sort(byKey).map((group) => answerRow(group, groupBy, stats));
  return { metric: metric.name, groupBy: groupBy.map(({ name }) => name), stats: stats.map(({ name }) => name), rows };
}

/** The invocations that meet all conditions, run by run; runs that cannot meet them are not read. */
export async function* invocationsWhere(
  store: ResultStore,
  conditions: readonly Condition[],
): AsyncGenerator<InvocationDocument> {
  const ofRuns = conditions.filter(({ field }) => field.ofRun);
  const ofInvocations = conditions.filter(({ field }) => !field.ofRun);
  for (const run of await listRuns(store)) {
    if (!ofRuns.every((condition) => holds(condition, run))) continue;
    for await (const invocation of invocationsOf(store, run)) {
      if (ofInvocations.every((condition) => holds(condition, invocation))) yield invocation;
    }
  }
}

/** Those of a replay lie side by side by their ids; those of `up` have the ids that its callers gave. */
export function invocationsOf(
  store: ResultStore,
  run: Pick<RunDocument, 'runId' | 'kind'>,
): AsyncGenerator<InvocationDocument & StoredDocument> {
  if (run.kind === 'up') return store.scanView('invocations', 'by_run', [run.runId]);
  return store.scan({ from: `inv:${run.runId}:`, before: `inv:${run.runId};` });
}

/** Deletes a run and its invocations from the store; its folder stays. @returns how many documents were deleted */
export async function removeRun(store: ResultStore, runId: string): Promise<number> {
  const run = await showRun(store, runId);
  let removed = 0;
  let bulk: StoredDocument[] = [];
  for await (const invocation of invocationsOf(store, run)) {
    bulk.push(invocation);
    if (bulk.length < REMOVE_DOCUMENTS) continue;
    removed += await store.remove(bulk);
    bulk = [];
  }
  // the run last: while it is there, whoever was interrupted can remove the rest
  return removed + (await store.remove(bulk)) + (await store.remove([run]));
}

interface Group {
  readonly key: readonly unknown[];
  invocations: number;
  readonly values: number[];
}

function answerRow(
  { key, invocations, values }: Group,
  groupBy: readonly Field[],
  stats: readonly Statistic[],
): AnswerRow {
  const sorted = Float64Array.from(values).sort();
  return {
    group: Object.fromEntries(groupBy.map(({ name }, index) => [name, key[index]])),
    invocations,
    values: Object.fromEntries(stats.map(({ name, of }) => [name, of(sorted)])),
  };
}

/** @throws FaasError `invalid_query` for a field that holds text */
export function metricOf(name: string): Field {
  const field = fieldOf(name);
  if (field.kind === 'text') {
    throw new FaasError('invalid_query', `metric "${name}" is text: a metric must be a number or a time`, {
      metric: name,
    });
  }
  return field;
}

function byKey({ key: a }: Group, { key: b }: Group): number {
  for (const [index, value] of a.entries()) {
    const other = b[index];
    if (value === other) continue;
    if (typeof value === 'number' && typeof other === 'number') return value - other;
    return String(value) < String(other) ? -1 : 1;
  }
  return 0;
}
