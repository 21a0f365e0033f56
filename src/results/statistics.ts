import { didYouMean } from '../lib/nearest.ts';
import { quantileSorted } from '../lib/quantiles.ts';
import { FaasError } from '../protocol/errors.ts';

/** A statistic over ascending values; null where it has no value (none of nothing). */
export interface Statistic {
  readonly name: string;
  readonly of: (sorted: Float64Array) => number | null;
}

const NAMED: Readonly<Record<string, Statistic['of']>> = {
  count: (sorted) => sorted.length,
  sum: total,
  mean: (sorted) => (sorted.length === 0 ? null : total(sorted) / sorted.length),
  min: (sorted) => sorted[0] ?? null,
  max: (sorted) => sorted.at(-1) ?? null,
  std: deviation,
};

/**
 * `mean`, `min`, `max`, `sum`, `count`, `std` (of the sample), or an exact percentile: `p50`, `p99.9`.
 * @throws FaasError `invalid_query`
 */
export function statisticOf(name: string): Statistic {
  const named = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  if (named !== undefined) return { name, of: named };
  const percentile = Number(/^p(\d+(?:\.\d+)?)$/.exec(name)?.[1] ?? 'none');
  if (percentile >= 0 && percentile <= 100) {
    return { name, of: (sorted) => (sorted.length === 0 ? null : quantileSorted(sorted, percentile / 100)) };
  }
  const hint = didYouMean(name, Object.keys(NAMED));
  const rule = `must be one of ${Object.keys(NAMED).join(', ')}, or a percentile from p0 to p100`;
  throw new FaasError('invalid_query', `statistic "${name}" ${rule}.${hint}`, { stat: name });
}

function total(sorted: Float64Array): number {
  return sorted.reduce((sum, value) => sum + value, 0);
}

function deviation(sorted: Float64Array): number | null {
  if (sorted.length < 2) return null;
  const mean = total(sorted) / sorted.length;
  return Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (sorted.length - 1));
}
