import { FaasError } from '../protocol/errors.ts';
import { showRun } from './queries.ts';
import type { ResultStore } from './store.ts';
import type { RunSummary } from './summary.ts';

/** A figure of several runs side by side. */
export interface ComparedFigure {
  /** Path in the summary: `latencyMs.endToEnd.p98`. */
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Over the first run's value; null where that is missing or 0. */
  readonly ratios: readonly (number | null)[];
}

export interface Comparison {
  readonly summaries: readonly RunSummary[];
  readonly figures: readonly ComparedFigure[];
}

/** Not figures but what runs were set to, or where they are. */
const NO_FIGURES = ['rho', 'seed', 'dispatchIntervalMs', 'workScale', 'store'];

/**
 * Puts runs beside the first of them, figure by figure.
 * @throws FaasError `run_not_found`; `run_incomplete` for a run that was stored without its summary
 */
export async function compareRuns(store: ResultStore, runIds: readonly string[]): Promise<Comparison> {
  const runs = await Promise.all(runIds.map((runId) => showRun(store, runId)));
  const summaries = runs.map(({ runId, summary }) => {
    if (summary !== null) return summary;
    throw new FaasError('run_incomplete', `run "${runId}" has no summary: it has not ended, or serves`, { runId });
  });
  return { summaries, figures: compareSummaries(summaries) };
}

/** Every number that the summaries hold, in the order in which they hold them. */
export function compareSummaries(summaries: readonly RunSummary[]): ComparedFigure[] {
  const figures = summaries.map((summary) => new Map(figuresOf(summary)));
  const names = [...new Set(figures.flatMap((figure) => [...figure.keys()]))];
  return names.map((name) => {
    const values = figures.map((figure) => figure.get(name) ?? null);
    const base = values[0] ?? null;
    const ratios = values.map((value) => (value === null || base === null || base === 0 ? null : value / base));
    return { name, values, ratios };
  });
}

function* figuresOf(part: object, prefix = ''): Generator<[string, number]> {
  for (const [name, value] of Object.entries(part)) {
    if (prefix === '' && NO_FIGURES.includes(name)) continue;
    if (typeof value === 'number') yield [prefix + name, value];
    else if (typeof value === 'object' && value !== null) yield* figuresOf(value, `${prefix}${name}.`);
  }
}
