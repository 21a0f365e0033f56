import { fibMs, GOLDEN_RATIO, measureFib30Ms } from './fibCost.ts';
import type { ResolvedOptions } from './options.ts';
import { LOWEST_N, PAPER_SPAN_S, PAPER_UTILISATION, PUBLISHED } from './paper.ts';

/**
 * How the paper's fib(N) is carried over to this machine. The original was CPython on 32 cores, where its 800 calls
 * kept 0.20 of the machine busy for 45 s; the same N in V8 would measure nothing. What is kept is that share.
 */
export interface WorkScale {
  readonly mode: 'literal' | 'calibrated';
  /** k: a call with N in the trace runs fib(N + k). 0 for `literal`. */
  readonly shift: number;
  /** What fib(30) takes on one core, and where that is from. */
  readonly fib30Ms: number;
  readonly fib30From: 'measured' | 'given';
  readonly cores: number;
  /** Work of the 800 calls of the cpu preset, core-seconds: with this shift, and where it should be. */
  readonly presetCoreSeconds: number;
  readonly targetCoreSeconds: number;
}

/**
 * Chooses k: the integer whose work of the whole cpu preset comes nearest, as a ratio, to 0.20 of the cores for 45 s
 * (45 s / speed, for a schedule that runs faster). The same k holds for every part of it and for every other trace,
 * so that a window of the preset is a part of the same run.
 */
export function chooseWorkScale(options: ResolvedOptions): WorkScale {
  const fib30Ms = options.fib30Ms ?? measureFib30Ms();
  const literal = presetCoreSeconds(fib30Ms);
  const targetCoreSeconds = (PAPER_UTILISATION * options.cores * PAPER_SPAN_S) / options.speed;
  const nearest = Math.round(Math.log(targetCoreSeconds / literal) / Math.log(GOLDEN_RATIO));
  const shift = options.workScale === 'literal' ? 0 : Math.max(-LOWEST_N, nearest);
  return {
    mode: options.workScale,
    shift,
    fib30Ms,
    fib30From: options.fib30Ms === undefined ? 'measured' : 'given',
    cores: options.cores,
    presetCoreSeconds: literal * GOLDEN_RATIO ** shift,
    targetCoreSeconds,
  };
}

function presetCoreSeconds(fib30Ms: number): number {
  const costs = PUBLISHED.cpu.callsOfN.map((calls, index) => calls * fibMs(LOWEST_N + index, fib30Ms));
  return costs.reduce((sum, ms) => sum + ms, 0) / 1e3;
}
