import type { Random } from '../lib/random.ts';

const MINUTE_US = 60e6;
/** In the trace of 2021, timers fire 15 to 40 ms after the whole second, each function at much the same moment. */
const TIMER_PHASE_US = { from: 15_000, to: 40_000 } as const;
const TIMER_JITTER_US = 2_000;
/** A timer's schedule has a resolution of one second. */
const TIMER_MAX_PER_MINUTE = 60;

/**
 * Places `count` calls in a minute: ascending whole microseconds in [0, 60,000,000).
 * Each falls anywhere with equal likelihood, so functions share no phase.
 */
export function uniformArrivals(count: number, random: Random): Float64Array {
  return Float64Array.from({ length: count }, () => Math.floor(random() * MINUTE_US)).sort();
}

/**
 * The same for a timer: at second 0, and evenly from there if it fires several times a minute, each a little after.
 * @param phase uniform in [0, 1), the function's own: how much later it usually is.
 */
export function timerArrivals(count: number, phase: number, random: Random): Float64Array {
  if (count > TIMER_MAX_PER_MINUTE) return uniformArrivals(count, random);
  const lateUs = TIMER_PHASE_US.from + phase * (TIMER_PHASE_US.to - TIMER_PHASE_US.from);
  return Float64Array.from({ length: count }, (_, index) =>
    Math.floor((index * MINUTE_US) / count + lateUs + random() * TIMER_JITTER_US),
  );
}
