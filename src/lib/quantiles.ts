/**
 * The exact quantile of an ascending array by linear interpolation (type 7, as pandas and numpy do it).
 * @returns NaN for an empty array.
 */
export function quantileSorted(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[below + 1] ?? low;
  return low + (high - low) * (position - below);
}

/** How a latency is reported everywhere, in milliseconds. `null` stands for "no samples". */
export interface LatencySummary {
  mean: number | null;
  p50: number | null;
  p95: number | null;
  p98: number | null;
  p99: number | null;
  max: number | null;
}

/** Exact mean and percentiles of values in any order. */
export function summarise(values: Iterable<number>): LatencySummary {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return { mean: null, p50: null, p95: null, p98: null, p99: null, max: null };
  let sum = 0;
  for (const value of sorted) sum += value;
  return {
    mean: sum / sorted.length,
    p50: quantileSorted(sorted, 0.5),
    p95: quantileSorted(sorted, 0.95),
    p98: quantileSorted(sorted, 0.98),
    p99: quantileSorted(sorted, 0.99),
    max: sorted[sorted.length - 1] ?? null,
  };
}
