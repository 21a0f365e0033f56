import { monotonicMs } from '../lib/clock.ts';
import { quantileSorted } from '../lib/quantiles.ts';

/** Each step of N makes naive recursive fib(N) this much dearer. */
export const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

const RUNS = 15;
const WARM_UP_MS = 30;

/** What fib(n) takes where fib(30) takes `fib30Ms`, in milliseconds: its number of calls grows by the golden ratio. */
export function fibMs(n: number, fib30Ms: number): number {
  return fib30Ms * GOLDEN_RATIO ** (n - 30);
}

/** The same recursion as the function `fib` that ships, so that its cost is the same. */
function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/**
 * Measures fib(30) on this machine, alone in this thread, compiled: the median of 15 runs, about 100 ms in all.
 * The median and not the best run, because what calls will meet is this machine as it usually is.
 */
export function measureFib30Ms(): number {
  const warmUntil = monotonicMs() + WARM_UP_MS;
  let keep = 0;
  while (monotonicMs() < warmUntil) keep += fib(20);
  const times = Array.from({ length: RUNS }, () => {
    const from = monotonicMs();
    keep += fib(30);
    return monotonicMs() - from;
  });
  if (keep < 0) throw new RangeError('fib is never negative');
  return quantileSorted(Float64Array.from(times).sort(), 0.5);
}
