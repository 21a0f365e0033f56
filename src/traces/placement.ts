import { type Random, seededRandom } from '../lib/random.ts';

/**
 * Where in its second an arrival falls, when only the second is known.
 * - `uniform`: anywhere, with equal likelihood.
 * - `clustered`: all arrivals of a second within 100 ms of each other, at a random part of the second.
 * - `simultaneous`: all arrivals of a second at one random moment of it.
 */
export type Placement = 'uniform' | 'clustered' | 'simultaneous';

export const PLACEMENTS: readonly Placement[] = ['uniform', 'clustered', 'simultaneous'];

const SECOND_US = 1_000_000;
const CLUSTER_US = 100_000;

/**
 * Draws moments within one second for arrivals that come in a given order.
 * The draw hangs on seed, placement and second alone, so seconds do not disturb each other.
 * @returns ascending whole microseconds in [0, 1,000,000), `count` of them.
 */
export function placeInSecond(count: number, placement: Placement, seed: number, second: number): Float64Array {
  const random = seededRandom(seed, 'placement', placement, second);
  return Float64Array.from({ length: count }, momentOf(placement, random)).sort();
}

function momentOf(placement: Placement, random: Random): () => number {
  if (placement === 'uniform') return () => Math.floor(random() * SECOND_US);
  if (placement === 'clustered') {
    const fromUs = random() * (SECOND_US - CLUSTER_US);
    return () => Math.floor(fromUs + random() * CLUSTER_US);
  }
  const atUs = Math.floor(random() * SECOND_US);
  return () => atUs;
}
