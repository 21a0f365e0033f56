import { formatMs } from '../../lib/duration.ts';
import type { RunSummary } from '../../results/summary.ts';
import type { Schedule } from '../../traces/schedule.ts';
import { cdfPicture } from '../cdfPicture.ts';
import type { Colour } from '../colour.ts';
import { table } from '../table.ts';

/** A run that has ended: its summary, and every end-to-end latency for the picture. */
export interface ReportedRun {
  readonly summary: RunSummary;
  readonly endToEndMs: readonly number[];
}

const PICTURE_WIDTH = 80;

/** What is replayed, in a line or two, before it begins. */
export function describeSchedule(schedule: Schedule): string {
  const { calls, functions, spanMs, placement, seed, speed, rho, workScale } = schedule;
  const facts = [
    `${calls.length} calls of ${functions.length} functions in ${(spanMs / 1_000).toFixed(1)} s`,
    ...(placement === null ? [] : [`placement ${placement}, seed ${seed}`]),
    ...(speed === 1 ? [] : [`speed ${speed}`]),
    ...(workScale === null ? [] : [`fib(N${workScale.shift < 0 ? '' : '+'}${workScale.shift}), ${workScale.mode}`]),
    ...(rho === null ? [] : [`ρ ${rho.toFixed(2)}`]),
  ];
  return `${schedule.trace} (${schedule.workload}): ${facts.join(' · ')}`;
}

/** Runs side by side: how they ended, what they cost, how long calls took. */
export function reportText(runs: readonly ReportedRun[], colour: Colour): string {
  const columns = [{ head: '' }, ...runs.map(({ summary }) => ({ head: nameOf(summary), align: 'right' as const }))];
  const rows = ROWS.map(([name, value]) => [name, ...runs.map(({ summary }) => value(summary))]);
  const shown = rows.filter(([, ...values]) => values.some((value) => value !== ''));
  const series = runs.map(({ summary, endToEndMs }) => ({ name: nameOf(summary), values: endToEndMs }));
  const heading = colour('bold', 'end-to-end latency: the share of calls that took no longer');
  return [table(columns, shown, colour), '', heading, cdfPicture(series, PICTURE_WIDTH, colour)].join('\n');
}

function nameOf({ strategy, dispatchIntervalMs }: RunSummary): string {
  return dispatchIntervalMs === null ? strategy : `${strategy} ${dispatchIntervalMs} ms`;
}

const ROWS: readonly (readonly [name: string, value: (summary: RunSummary) => string])[] = [
  ['calls ok', ({ invocations: { ok, okAfterRetry, scheduled } }) => `${ok + okAfterRetry} of ${scheduled}`],
  ['  after retry', ({ invocations }) => unlessZero(invocations.okAfterRetry)],
  ['error', ({ invocations }) => unlessZero(invocations.error)],
  ['timeout', ({ invocations }) => unlessZero(invocations.timeout)],
  ['failed', ({ invocations }) => unlessZero(invocations.failed)],
  ['rejected', ({ invocations }) => unlessZero(invocations.rejected)],
  ['lost', ({ invocations }) => unlessZero(invocations.lost)],
  ['dropped (not sent)', ({ invocations }) => unlessZero(invocations.dropped)],
  ['containers started', ({ containers }) => count(containers.started)],
  ['  at once', ({ containers }) => count(containers.peak)],
  ['container-seconds', ({ containers }) => amount(containers.containerSeconds, 1)],
  ['batches', ({ batches }) => count(batches.count)],
  ['  mean / max size', ({ batches }) => `${amount(batches.meanSize, 1)} / ${count(batches.maxSize)}`],
  ['end to end, mean', ({ latencyMs }) => ms(latencyMs.endToEnd.mean)],
  ['  p50', ({ latencyMs }) => ms(latencyMs.endToEnd.p50)],
  ['  p98', ({ latencyMs }) => ms(latencyMs.endToEnd.p98)],
  ['  max', ({ latencyMs }) => ms(latencyMs.endToEnd.max)],
  ['of the mean: scheduling', ({ latencyMs }) => ms(latencyMs.scheduling.mean)],
  ['    of it cold start', ({ latencyMs }) => ms(latencyMs.coldStart.mean)],
  ['  queueing', ({ latencyMs }) => ms(latencyMs.queueing.mean)],
  ['  execution', ({ latencyMs }) => ms(latencyMs.execution.mean)],
  ['resources made / reused', ({ multiplexer }) => resources(multiplexer)],
  ['CPU s, containers', ({ cpuSeconds }) => amount(cpuSeconds.containers, 1)],
  ['  platform', ({ cpuSeconds }) => amount(cpuSeconds.platform, 1)],
  ['sent late by, p99', ({ replay }) => ms(replay.lagMs.p99)],
];

function ms(value: number | null): string {
  return value === null ? '-' : formatMs(value);
}

function count(value: number | null): string {
  return value === null ? '-' : String(value);
}

function amount(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}

function unlessZero(value: number): string {
  return value === 0 ? '' : String(value);
}

function resources({ created, reused }: RunSummary['multiplexer']): string {
  return created === null || created === 0 ? '' : `${created} / ${reused ?? 0}`;
}
