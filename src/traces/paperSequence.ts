import { type Random, seededRandom, shuffle } from '../lib/random.ts';
import { ARRIVALS_PER_SECOND, PAPER_SEED, PUBLISHED, TC_BURSTS, TC_SECONDS } from './paper.ts';

/** What arrives at one moment of a second: a pair (func409 and func410) or a single call. */
export interface Arrival {
  readonly second: number;
  readonly functions: readonly string[];
}

const PAIR = ['func409', 'func410'] as const;
type Mix = Readonly<Record<string, number>>;

/** The I/O preset is the first 400 calls: all of seconds 0 to 19 and ten calls of second 20. */
const IO_LAST = { second: 20, calls: 10 } as const;

/**
 * The paper's arrivals in order. Exact: how many calls arrive in each second, and how many each function has, in the
 * first 400 calls, the 800 and the 2,000. Approximated: that calls come in as many pairs as the mix allows ("mostly",
 * says the source), which seconds hold the single calls, and the order within a second; drawn with the paper's seed,
 * so that they are always the same.
 *
 * The single call of func407 (another app's, of which the original's selection had one row) is among the second 400.
 * In the version of 2024 a call of func409 takes its place, and what follows second 44 is approximated.
 */
export function paperSequence(preset: 'cpu' | 'tc'): Arrival[] {
  const { cpu, io } = PUBLISHED;
  const early = ARRIVALS_PER_SECOND.map((calls, second) => {
    if (second === IO_LAST.second) return IO_LAST.calls;
    return second < IO_LAST.second ? calls : 0;
  });
  const late = ARRIVALS_PER_SECOND.map((calls, second) => calls - (early[second] ?? 0));
  const eighthundred = [...arrange('early', early, io.mix), ...arrange('late', late, without(cpu.mix, io.mix))];
  if (preset === 'cpu') return eighthundred.sort(bySecond);
  const first = eighthundred.map(({ second, functions }) => ({
    second,
    functions: functions.map((name) => (name === 'func407' ? 'func409' : name)),
  }));
  const rest = arrange('tail', tailPerSecond(), without(PUBLISHED.tc.mix, mixOf(first)));
  return [...first, ...rest].sort(bySecond);
}

/** Stable, so that early calls of a second stay before its late ones. */
function bySecond(a: Arrival, b: Arrival): number {
  return a.second - b.second;
}

/** Lays out the calls of a mix over seconds: single calls into odd seconds and, in twos, anywhere; pairs elsewhere. */
function arrange(part: string, perSecond: readonly number[], mix: Mix): Arrival[] {
  const random = seededRandom(PAPER_SEED, 'arrange', part);
  const pairs = Math.min(mix['func409'] ?? 0, mix['func410'] ?? 0);
  const singles = shuffle(
    Object.entries(mix).flatMap(([name, calls]) => Array<string>(isPaired(name) ? calls - pairs : calls).fill(name)),
    random,
  );
  const singlesIn = spreadSingles(perSecond, singles.length, random);
  return perSecond.flatMap((calls, second) => {
    const alone = singles.splice(0, singlesIn[second] ?? 0).map((name) => ({ second, functions: [name] }));
    const paired = Array.from({ length: (calls - alone.length) / 2 }, () => ({ second, functions: [...PAIR] }));
    return shuffle<Arrival>([...alone, ...paired], random);
  });
}

function spreadSingles(perSecond: readonly number[], singles: number, random: Random): number[] {
  const inSecond = perSecond.map((calls) => calls % 2);
  let left = singles - inSecond.reduce((sum, one) => sum + one, 0);
  const order = shuffle([...perSecond.keys()], random);
  for (let turn = 0; left > 0; turn += 1) {
    const second = order[turn % order.length] ?? 0;
    if ((perSecond[second] ?? 0) - (inSecond[second] ?? 0) < 2) continue;
    inSecond[second] = (inSecond[second] ?? 0) + 2;
    left -= 2;
  }
  return inSecond;
}

/** Seconds 45 to 196 of the version of 2024: its bursts, and between them the shape of the quieter first 45 seconds. */
function tailPerSecond(): number[] {
  const random = seededRandom(PAPER_SEED, 'tail');
  const quiet = ARRIVALS_PER_SECOND.filter((calls) => calls < 40);
  const weights = Array.from({ length: TC_SECONDS }, (_, second) => {
    if (second < ARRIVALS_PER_SECOND.length || TC_BURSTS.has(second)) return 0;
    return quiet[Math.floor(random() * quiet.length)] ?? 0;
  });
  const total = Object.values(PUBLISHED.tc.mix).reduce((sum, calls) => sum + calls, 0);
  const known = [...ARRIVALS_PER_SECOND, ...TC_BURSTS.values()].reduce((sum, calls) => sum + calls, 0);
  // The last second holds at least one pair, or the trace would end early.
  const pairs = apportion((total - known) / 2 - 1, weights);
  pairs[TC_SECONDS - 1] = (pairs[TC_SECONDS - 1] ?? 0) + 1;
  return pairs.map((count, second) => TC_BURSTS.get(second) ?? 2 * count);
}

/** Shares out a whole number by weights: largest remainders, ties to the first. */
function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const shares = exact.map(Math.floor);
  const left = total - shares.reduce((all, share) => all + share, 0);
  const remainder = (at: number): number => (exact[at] ?? 0) - (shares[at] ?? 0);
  const largest = [...weights.keys()].sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const at of largest.slice(0, left)) shares[at] = (shares[at] ?? 0) + 1;
  return shares;
}

function isPaired(name: string): boolean {
  return name === PAIR[0] || name === PAIR[1];
}

function mixOf(arrivals: readonly Arrival[]): Mix {
  const mix: Record<string, number> = {};
  for (const name of arrivals.flatMap(({ functions }) => functions)) mix[name] = (mix[name] ?? 0) + 1;
  return mix;
}

function without(mix: Mix, taken: Mix): Mix {
  return Object.fromEntries(Object.entries(mix).map(([name, calls]) => [name, calls - (taken[name] ?? 0)]));
}
