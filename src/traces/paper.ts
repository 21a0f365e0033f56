/**
 * The published figures of the paper's workload (Wu et al., ICDCS 2023 and IEEE TC 73(4), 2024), as recovered from the
 * authors' repository dscLabJNU/FaaSBatch. The original took rows of app 117 of the 2021 trace, from day 13, 22:10 UTC.
 */

/** The seed of the original's generator. What it drew with it cannot be repeated here, only its counts can. */
export const PAPER_SEED = 5432;

/** Arrivals of the 800 calls in each of the seconds 0 to 44: exact, from the path of the published plot. */
export const ARRIVALS_PER_SECOND: readonly number[] = [
  10, 0, 9, 11, 14, 10, 10, 4, 24, 68, 44, 14, 28, 28, 50, 14, 14, 10, 18, 10, 18, 16, 82, 40, 16, 18, 24, 8, 12, 12,
  24, 20, 16, 4, 30, 4, 6, 8, 6, 8, 8, 18, 2, 4, 6,
];

/** The version of 2024 replays 2,000 calls in about 197 s. Of what follows second 44, only these are known, about. */
export const TC_BURSTS: ReadonlyMap<number, number> = new Map([
  [123, 59],
  [166, 46],
  [192, 39],
]);
export const TC_SECONDS = 197;

export interface PublishedPreset {
  /** Calls of each function: exact. */
  readonly mix: Readonly<Record<string, number>>;
  /** How many calls have N = 20, 21, … 35 of fib(N): exact. */
  readonly callsOfN: readonly number[];
}

export const LOWEST_N = 20;

export const PUBLISHED = {
  cpu: {
    mix: { func409: 399, func410: 387, func411: 6, func413: 5, func407: 1, func412: 1, func414: 1 },
    callsOfN: [67, 77, 70, 84, 64, 92, 79, 14, 11, 30, 36, 23, 49, 34, 34, 36],
  },
  io: {
    mix: { func409: 200, func410: 193, func411: 3, func413: 3, func414: 1 },
    callsOfN: [36, 38, 31, 46, 33, 41, 42, 8, 4, 15, 17, 13, 18, 23, 15, 20],
  },
  tc: {
    mix: { func409: 1002, func410: 963, func413: 20, func411: 11, func414: 3, func412: 1 },
    callsOfN: [190, 197, 174, 191, 175, 196, 209, 33, 30, 74, 77, 69, 103, 106, 87, 89],
  },
} as const satisfies Record<string, PublishedPreset>;

export type PresetName = keyof typeof PUBLISHED;

/** The share of calls in each range of N that the original aimed at (the histogram of SFS, SC 2022), in percent. */
export const N_HISTOGRAM: readonly { readonly from: number; readonly to: number; readonly percent: number }[] = [
  { from: 20, to: 26, percent: 66.56 },
  { from: 27, to: 28, percent: 3.19 },
  { from: 29, to: 29, percent: 3.66 },
  { from: 30, to: 31, percent: 7.3 },
  { from: 32, to: 33, percent: 10.45 },
  { from: 34, to: 35, percent: 8.85 },
];

/** What the original measured for fib(20) to fib(35) in CPython, alone on the machine, in milliseconds. */
export const CPYTHON_FIB_MS: readonly number[] = [
  3.0007, 6.4452, 11.9965, 10.8376, 25.562, 64.1668, 50.014, 98.3703, 188.273, 261.45, 380.959, 392.912, 1020.22,
  1046.95, 1713.98, 2642.4,
];

/** What the original measured for one boto3 S3 client made alone in a container, in milliseconds. */
export const BOTO3_CLIENT_MS = 68.8;

/** The original's cores, and the share of them that its 800 calls would have kept busy through their 45 s. */
export const PAPER_UTILISATION = 0.2;
export const PAPER_SPAN_S = 45;
