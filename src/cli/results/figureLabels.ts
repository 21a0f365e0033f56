import { formatBytes } from '../../lib/bytes.ts';
import { amountText, msText, numberText } from './figures.ts';
import { LATENCY_LABELS, LATENCY_STATS } from './latencyTable.ts';

/** The figures that people compare first, by their paths in a summary, and what they call them. */
export const MAIN_FIGURES: ReadonlyMap<string, string> = new Map([
  ['invocations.scheduled', 'calls'],
  ['invocations.ok', '  ok'],
  ['invocations.okAfterRetry', '  ok after a retry'],
  ['invocations.error', '  error'],
  ['invocations.timeout', '  timeout'],
  ['invocations.failed', '  failed'],
  ['invocations.rejected', '  rejected'],
  ['invocations.lost', '  lost'],
  ['invocations.dropped', '  dropped (not sent)'],
  ['containers.started', 'containers started'],
  ['containers.peak', '  at once'],
  ['containers.containerSeconds', 'container-seconds'],
  ['containers.memoryByteSeconds', 'memory-seconds'],
  ['batches.count', 'batches'],
  ['batches.meanSize', '  mean size'],
  ['batches.maxSize', '  max size'],
  ['latencyMs.endToEnd.mean', 'end to end, mean'],
  ['latencyMs.endToEnd.p50', '  p50'],
  ['latencyMs.endToEnd.p98', '  p98'],
  ['latencyMs.endToEnd.max', '  max'],
  ['latencyMs.scheduling.mean', 'of the mean: scheduling'],
  ['latencyMs.coldStart.mean', '    of it cold start'],
  ['latencyMs.queueing.mean', '  queueing'],
  ['latencyMs.execution.mean', '  execution'],
  ['latencyMs.batchCompletion.mean', '  batch completion'],
  ['multiplexer.created', 'resources made'],
  ['multiplexer.reused', '  reused'],
  ['cpuSeconds.containers', 'CPU s, containers'],
  ['cpuSeconds.platform', '  platform'],
  ['cpuSeconds.engine', '  engine'],
  ['replay.lagMs.p99', 'sent late by, p99'],
]);

/** Every latency with every statistic, in words; other figures by their paths. */
export function figureLabel(name: string): string {
  const [part, latency, stat] = name.split('.');
  if (part !== 'latencyMs' || !LATENCY_STATS.some((known) => known === stat)) return name;
  const label = LATENCY_LABELS.find(([known]) => known === latency)?.[1].trim();
  return label === undefined ? name : `${label}, ${stat}`;
}

/** A figure with its unit. */
export function figureText(name: string, value: number | null): string {
  if (value === null) return '-';
  if (name.startsWith('latencyMs.') || name.startsWith('replay.lagMs.')) return msText(value);
  if (name === 'containers.memoryByteSeconds') return `${formatBytes(value)} s`;
  return /Seconds($|\.)/.test(name) ? amountText(value, 1) : numberText(value);
}
