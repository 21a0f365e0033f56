import { quantileSorted } from '../../src/lib/quantiles.ts';

/** One round's figure of one target. */
export interface Sample {
  readonly value: number;
  /** CPU time of all its processes for each invocation; undefined where the system does not tell. */
  readonly cpuUsPerInvocation: number | undefined;
}

export interface Measured {
  readonly name: string;
  /** By round. */
  readonly samples: readonly Sample[];
}

export type Better = 'higher' | 'lower';

/** How near something comes to its bound, both measured in the same rounds. */
export interface Comparison {
  readonly variant: string;
  /** The share of the bound that is reached, 1: as good as the bound. Median over rounds of each round's own ratio. */
  readonly ratio: number;
  /** The quartiles of the rounds' ratios. */
  readonly spread: readonly [number, number];
  /** Medians, in the result's unit. */
  readonly value: number;
  readonly bound: number;
  readonly cpuUsPerInvocation: number | null;
  readonly boundCpuUsPerInvocation: number | null;
  /** The bound's CPU time by the variant's: steadier than `ratio` where others use the machine too. */
  readonly cpuRatio: number | null;
  /** The variant's figures, by round. */
  readonly values: readonly number[];
}

/** @throws if there is not one sample of each for each round */
export function compare(variant: Measured, bound: Measured, better: Better): Comparison {
  if (variant.samples.length === 0 || variant.samples.length !== bound.samples.length) {
    const counts = `${variant.samples.length} rounds of ${variant.name}, ${bound.samples.length} of ${bound.name}`;
    throw new Error(`${counts}: there must be as many of both`);
  }
  const values = variant.samples.map((sample) => sample.value);
  const bounds = bound.samples.map((sample) => sample.value);
  const ratios = values.map((value, round) => {
    const ofBound = bounds[round] ?? Number.NaN;
    return better === 'higher' ? value / ofBound : ofBound / value;
  });
  const cpuUs = medianCpuUs(variant);
  const boundCpuUs = medianCpuUs(bound);
  return {
    variant: variant.name,
    ratio: median(ratios),
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    value: median(values),
    bound: median(bounds),
    cpuUsPerInvocation: cpuUs,
    boundCpuUsPerInvocation: boundCpuUs,
    cpuRatio: cpuUs === null || boundCpuUs === null ? null : boundCpuUs / cpuUs,
    values,
  };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], q: number): number {
  return quantileSorted(Float64Array.from(values).sort(), q);
}

function medianCpuUs({ samples }: Measured): number | null {
  const known = samples.flatMap(({ cpuUsPerInvocation }) => cpuUsPerInvocation ?? []);
  return known.length === 0 ? null : median(known);
}
