import type { ScheduledCall } from '../traces/schedule.ts';

/** What the replayer needs of a schedule: its calls, ascending in time. */
export type Calls = readonly ScheduledCall[];

const SECOND_MS = 1_000;

/** The most calls that fall due within one second. */
export function peakPerSecond(calls: Calls): number {
  let peak = 0;
  let first = 0;
  for (const [index, { atMs }] of calls.entries()) {
    while ((calls[first]?.atMs ?? atMs) <= atMs - SECOND_MS) first += 1;
    peak = Math.max(peak, index - first + 1);
  }
  return peak;
}
