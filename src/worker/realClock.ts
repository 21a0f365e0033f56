import { monotonicMs } from '../lib/clock.ts';
import type { Clock } from '../scheduling/wakes.ts';

/** setTimeout's largest delay; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The host's monotonic clock with Node's timers. */
export const realClock: Clock = {
  now: monotonicMs,
  callAt(at, callback) {
    const delayMs = Math.min(Math.max(0, at - monotonicMs()), MAX_TIMEOUT_MS);
    // Node rounds delays down to whole milliseconds: without rounding up, a tick would find itself early.
    const timer = setTimeout(callback, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  },
};
