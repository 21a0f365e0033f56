import type { Random } from '../lib/random.ts';
import type { Cleaning } from './cleaning.ts';

/** A row of durations of the 2019 data set, milliseconds; NaN where the file has no number. */
export interface DurationRow {
  readonly average: number;
  readonly count: number;
  readonly minimum: number;
  readonly maximum: number;
  /** At the quantiles of `PERCENTILES`. */
  readonly percentiles: readonly number[];
}

export const PERCENTILES = [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1] as const;

interface Knot {
  readonly quantile: number;
  readonly valueMs: number;
}

/** A distribution of durations, given by points of its inverse and a curve between them. */
export interface Sketch {
  /** At least one, ascending in both. */
  readonly knots: readonly Knot[];
  /**
   * Between two knots the value rises as t ** bend, t from 0 to 1: 1 is a straight line, more is a heavier tail. It is
   * what gives the whole distribution the row's Average, which straight lines overshoot by half on real rows.
   */
  readonly bend: number;
}

const BEND = { least: 0.1, most: 50 } as const;

/**
 * Makes a sketch from a row. Minimum and Maximum sit at quantiles 0 and 1. Percentiles 0 and 100, being those of
 * 30-second averages, sit one call inside (1/Count, at most 0.005), for Minimum and Maximum happened at least once
 * among Count calls; without that, one outlier in a million calls would stretch the whole upper hundredth.
 * @returns undefined if the row has no usable value.
 */
export function sketchOf(row: DurationRow, where: string, cleaning: Cleaning): Sketch | undefined {
  countAverage(row, where, cleaning);
  const inner = percentileKnots(row);
  if (inner.length < row.percentiles.length) cleaning.count('unusablePercentile', where);
  if (inner.length === 0 && row.average >= 0) inner.push({ quantile: 0.5, valueMs: row.average });
  if (inner.length === 0) {
    cleaning.count('noDuration', where);
    return undefined;
  }
  if (inner.some(({ valueMs }, at) => valueMs < (inner[at - 1]?.valueMs ?? 0))) cleaning.count('notMonotone', where);
  const knots = withExtremes(raised(inner), row, where, cleaning);
  return { knots, bend: bendFor(knots, row.average, where, cleaning) };
}

function countAverage({ average, count }: DurationRow, where: string, cleaning: Cleaning): void {
  if (Number.isNaN(average)) cleaning.count('missingAverage', where);
  else if (average < 0) cleaning.count('negativeAverage', where);
  else if (average === 0 && count > 0) cleaning.count('zeroAverage', where);
}

function percentileKnots({ percentiles, count }: DurationRow): Knot[] {
  const oneCall = Math.min(1 / Math.max(1, count || 1), 0.005);
  return percentiles.flatMap((valueMs, at) => {
    const quantile = Math.min(1 - oneCall, Math.max(oneCall, PERCENTILES[at] ?? 0));
    return valueMs >= 0 ? [{ quantile, valueMs }] : [];
  });
}

function raised(knots: readonly Knot[]): Knot[] {
  let highest = 0;
  return knots.map(({ quantile, valueMs }) => {
    highest = Math.max(highest, valueMs);
    return { quantile, valueMs: highest };
  });
}

function withExtremes(knots: readonly Knot[], row: DurationRow, where: string, cleaning: Cleaning): Knot[] {
  const lowest = knots[0]?.valueMs ?? 0;
  const highest = knots.at(-1)?.valueMs ?? 0;
  const minimumFits = row.minimum >= 0 && row.minimum <= lowest;
  const maximumFits = row.maximum >= highest;
  if (!minimumFits || !maximumFits) cleaning.count('missingExtremes', where);
  return [
    { quantile: 0, valueMs: minimumFits ? row.minimum : lowest },
    ...knots,
    { quantile: 1, valueMs: maximumFits ? row.maximum : highest },
  ];
}

/** The mean of a curve through the knots is floor + rise / (bend + 1): solved for the bend that gives the average. */
function bendFor(knots: readonly Knot[], average: number, where: string, cleaning: Cleaning): number {
  if (!(average > 0)) return 1;
  let floor = 0;
  let rise = 0;
  for (let at = 1; at < knots.length; at += 1) {
    const [left, right] = [knots[at - 1] as Knot, knots[at] as Knot];
    const weight = right.quantile - left.quantile;
    floor += weight * left.valueMs;
    rise += weight * (right.valueMs - left.valueMs);
  }
  // Averages are whole milliseconds in the data set.
  if (average < floor - 1 || average > floor + rise + 1) cleaning.count('averageOutside', where);
  if (rise === 0 || average >= floor + rise) return rise === 0 ? 1 : BEND.least;
  const bend = average <= floor ? BEND.most : rise / (average - floor) - 1;
  return Math.min(BEND.most, Math.max(BEND.least, bend));
}

/** The value at a quantile in [0, 1], milliseconds. */
export function quantileOf({ knots, bend }: Sketch, quantile: number): number {
  const above = knots.findIndex((knot) => knot.quantile >= quantile);
  const high = knots[above] ?? knots.at(-1);
  const low = knots[above - 1];
  if (high === undefined) return 0;
  if (low === undefined || high.quantile === low.quantile) return high.valueMs;
  const t = (quantile - low.quantile) / (high.quantile - low.quantile);
  return low.valueMs + (high.valueMs - low.valueMs) * t ** bend;
}

/** Log-mean and sigma of functions' average durations in seconds (Shahrad et al., USENIX ATC 2020, section 3.4). */
const AVERAGE_LOG_MEAN = -0.38;
const AVERAGE_LOG_SIGMA = 2.36;
/** The longest time that the platform of the data set lets a function run. */
const LONGEST_MS = 600_000;

/** For a function whose durations are unknown: one average, drawn from the published distribution, for all its calls. */
export function drawnSketch(random: Random): Sketch {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  const normal = radius * Math.cos(2 * Math.PI * random());
  const averageMs = 1e3 * Math.exp(AVERAGE_LOG_MEAN + AVERAGE_LOG_SIGMA * normal);
  return { knots: [{ quantile: 0.5, valueMs: Math.min(LONGEST_MS, Math.max(1, averageMs)) }], bend: 1 };
}
