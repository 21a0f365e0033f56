import { readFileSync } from 'node:fs';

/**
 * Milliseconds on the host's CLOCK_MONOTONIC, with nanosecond resolution.
 *
 * Every process and thread on one machine (containers included) reads the same clock, so times taken
 * in different processes can be subtracted. `performance.now()` cannot: it starts anew in each of them.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Names the period for which monotonic times of this machine can be compared; '' where the kernel has none. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
