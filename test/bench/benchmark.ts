import type { Better, Comparison } from './comparison.ts';
import type { Load } from './load.ts';
import type { MachineNotes } from './machine.ts';
import type { Releases } from './releases.ts';

/** What a benchmark has to work with. */
export interface Bench {
  readonly load: Load;
  /** Ends what the benchmark starts, when it is over or was stopped. */
  readonly releases: Releases;
  /** `quick` finds out whether something is broken, `full` how good it is. */
  readonly size: 'quick' | 'full';
}

/** What a benchmark found. */
export interface Finding {
  readonly unit: string;
  readonly better: Better;
  readonly boundName: string;
  /** The one that the benchmark's question is about, with what else there is to say of it. */
  readonly headline: Variant;
  /** All that were measured, the headline included. */
  readonly variants: readonly Variant[];
}

export type Variant = Comparison & { readonly details: Readonly<Record<string, number>> };

export interface Benchmark {
  readonly name: string;
  readonly question: string;
  run(bench: Bench): Promise<Finding>;
}

/** What `--json` prints, one object a line. */
export interface BenchResult extends Variant {
  readonly name: string;
  readonly question: string;
  readonly unit: string;
  readonly better: Better;
  readonly boundName: string;
  readonly rounds: number;
  readonly size: Bench['size'];
  readonly seconds: number;
  readonly variants: readonly Variant[];
  readonly machine: MachineNotes;
}

export function resultOf(
  { name, question }: Benchmark,
  { headline, unit, better, boundName, variants }: Finding,
  run: Pick<BenchResult, 'size' | 'seconds' | 'machine'>,
): BenchResult {
  const rounds = headline.values.length;
  return { name, question, unit, better, boundName, ...headline, rounds, ...run, variants };
}
