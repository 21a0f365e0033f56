import { fieldOf, readField } from '../../results/fields.ts';
import type { RunDocument } from '../../results/runDocument.ts';
import { RUN_SETTING_NAMES } from '../../results/runSettings.ts';
import { type Condition, holds } from '../../results/where.ts';

/** Differences that repeats of one experiment have, and those that follow from others. */
const UNREMARKABLE: readonly string[] = ['seed', 'rho', 'workScale', 'traceDigest'];

export function runsThatMeet(runs: readonly RunDocument[], conditions: readonly Condition[]): RunDocument[] {
  const ofRuns = conditions.filter(({ field }) => field.ofRun);
  return runs.filter((run) => ofRuns.every((condition) => holds(condition, run)));
}

/** Settings in which runs differ whose invocations were put into one group. */
export function mixedSettings(runs: readonly RunDocument[], groupBy: readonly string[]): string[] {
  if (groupBy.includes('runId')) return [];
  const groups = new Map<string, RunDocument[]>();
  const ofRun = groupBy.map(fieldOf).filter((field) => field.ofRun);
  for (const run of runs) {
    const key = JSON.stringify(ofRun.map((field) => readField(field, run)));
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return RUN_SETTING_NAMES.filter((name) => !UNREMARKABLE.includes(name)).filter((name) =>
    [...groups.values()].some((group) => new Set(group.map((run) => run[name])).size > 1),
  );
}

/** Why nothing was found, and what to do about it. */
export function whyNothing(runs: readonly RunDocument[], conditions: readonly Condition[]): string {
  if (runs.length === 0)
    return 'no run is stored: faasbatch replay makes one, faasbatch results import brings one back';
  const unmet = conditions.find((condition) => condition.field.ofRun && !runs.some((run) => holds(condition, run)));
  if (unmet !== undefined) {
    const stored = [...new Set(runs.map((run) => String(readField(unmet.field, run) ?? '')))].sort();
    return `no stored run has ${conditionText(unmet)}; ${unmet.field.name} of those stored: ${listed(stored)}`;
  }
  const meeting = runsThatMeet(runs, conditions);
  if (meeting.length === 0) return `none of the ${runs.length} stored runs meets all of ${conditionsText(conditions)}`;
  const ofInvocations = conditions.filter(({ field }) => !field.ofRun);
  const of = meeting.length === 1 ? 'the run' : `the ${meeting.length} runs`;
  if (ofInvocations.length === 0) return `${of} that was asked for has no invocations in the store`;
  return `no invocation of ${of} that could have one meets ${conditionsText(ofInvocations)}`;
}

const LISTED_VALUES = 8;

function listed(values: readonly string[]): string {
  const shown = values.slice(0, LISTED_VALUES).map((value) => (value === '' ? '(none)' : value));
  return [...shown, ...(values.length > LISTED_VALUES ? ['…'] : [])].join(', ');
}

function conditionsText(conditions: readonly Condition[]): string {
  return conditions.map(conditionText).join(',');
}

function conditionText({ field, operator, values }: Condition): string {
  return `${field.name}${operator}${values.join('|')}`;
}
