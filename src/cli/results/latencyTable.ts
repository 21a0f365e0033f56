import type { LatencySummary } from '../../lib/quantiles.ts';
import type { RunSummary } from '../../results/summary.ts';
import type { Colour } from '../colour.ts';
import { table } from '../table.ts';
import { msText } from './figures.ts';

/** The latencies of a run and what people call them; what is part of another one is indented. */
export const LATENCY_LABELS: readonly (readonly [keyof RunSummary['latencyMs'], string])[] = [
  ['endToEnd', 'end to end'],
  ['endToEndFromSent', '  since sent'],
  ['scheduling', '  scheduling'],
  ['coldStart', '    cold start'],
  ['coldStartOfCold', '    of cold calls alone'],
  ['queueing', '  queueing'],
  ['execution', '  execution'],
  ['batchCompletion', '  batch completion'],
];

export const LATENCY_STATS: readonly (keyof LatencySummary)[] = ['mean', 'p50', 'p95', 'p98', 'p99', 'max'];

export function latencyTable(latencyMs: RunSummary['latencyMs'], colour: Colour): string {
  const columns = [
    { head: 'LATENCY' },
    ...LATENCY_STATS.map((stat) => ({ head: stat.toUpperCase(), align: 'right' as const })),
  ];
  const rows = LATENCY_LABELS.map(([name, label]) => [
    label,
    ...LATENCY_STATS.map((stat) => msText(latencyMs[name][stat])),
  ]);
  return table(columns, rows, colour);
}
