import { readFileSync } from 'node:fs';
import type { BenchResult } from './benchmark.ts';

/** The least that `--check` lets pass of a benchmark's headline. */
export interface Floor {
  readonly ratio: number;
  readonly cpuRatio: number;
}

export type Floors = Readonly<Record<string, Floor>>;

const FLOORS_FILE = new URL('./floors.json', import.meta.url);
const RATIOS = ['ratio', 'cpuRatio'] as const;

/** @throws if the file is not what it should be */
export function readFloors(): Floors {
  const floors = JSON.parse(readFileSync(FLOORS_FILE, 'utf8')) as Record<string, Partial<Record<string, unknown>>>;
  for (const [name, floor] of Object.entries(floors)) {
    for (const ratio of RATIOS) {
      const least = floor[ratio];
      if (typeof least === 'number' && least > 0) continue;
      throw new Error(`floors.json: ${name}.${ratio}: ${JSON.stringify(least)} must be a number above 0`);
    }
  }
  return floors as unknown as Floors;
}

/**
 * @returns what is wrong with the result, for people
 * @throws if the benchmark has no floor: it would pass whatever happens
 */
export function belowFloor(result: BenchResult, floors: Floors): string[] {
  const { name, boundName, variant } = result;
  const floor = floors[name];
  if (floor === undefined) throw new Error(`floors.json has no floor for ${name}`);
  return RATIOS.flatMap((ratio) => {
    const reached = result[ratio];
    if (reached === null) return `${name}: ${ratio} could not be measured here, so it cannot be checked`;
    if (reached >= floor[ratio]) return [];
    const what = `${name}: ${ratio} ${reached.toPrecision(3)} of ${variant} to ${boundName}`;
    return `${what} is below its floor ${floor[ratio]} (test/bench/floors.json)`;
  });
}
