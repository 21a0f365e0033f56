import { openSync, readSync } from 'node:fs';

/** Few enough for any machine's millisecond, until it is measured. */
const FIRST_GUESS_PER_MS = 5_000;
/**
 * Of what is thought to be left, so that a chunk does not go past the end; and at most so long at once, since a core's
 * speed changes with what its neighbour does.
 */
const CHUNK = 0.9;
const MOST_AT_ONCE_MS = 2;
const CLOSE_ENOUGH_MS = 0.01;

/** CPU time of this thread in milliseconds; undefined where the system does not tell (macOS before Node 22.16). */
export const cpuClock = openCpuClock();

/** Iterations of `burn` in a millisecond of this thread's CPU time; becomes known as it spins, once for the thread. */
let iterationsPerMs = cpuClock === undefined ? undefined : FIRST_GUESS_PER_MS;

/**
 * Uses so much CPU time: of this thread, whatever else runs on the machine. It goes by the thread's own clock, which is
 * read every two milliseconds: each chunk tells the speed by which the next one is cut.
 */
export function spin(cpuMs) {
  iterationsPerMs ??= fastestPerMs();
  if (cpuClock === undefined) {
    burn(cpuMs * iterationsPerMs);
    return;
  }
  const beganAt = cpuClock();
  let usedMs = 0;
  while (cpuMs - usedMs > CLOSE_ENOUGH_MS) {
    const iterations = Math.ceil(Math.min((cpuMs - usedMs) * CHUNK, MOST_AT_ONCE_MS) * iterationsPerMs);
    burn(iterations);
    const usedNowMs = cpuClock() - beganAt;
    if (usedNowMs > usedMs) iterationsPerMs = iterations / (usedNowMs - usedMs);
    usedMs = usedNowMs;
  }
}

let sink = 0;

export function burn(iterations) {
  let x = sink | 1;
  for (let i = 0; i < iterations; i += 1) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
  }
  sink = x;
}

/**
 * Without a CPU clock: the best of many short stretches of wall time. Other work on the machine only makes stretches
 * slower, and some are too short to be interrupted.
 */
function fastestPerMs() {
  let best = 0;
  for (let stretch = 0; stretch < 100; stretch += 1) {
    const beganAt = performance.now();
    burn(FIRST_GUESS_PER_MS * 2);
    best = Math.max(best, (FIRST_GUESS_PER_MS * 2) / (performance.now() - beganAt));
  }
  return best;
}

function openCpuClock() {
  try {
    const file = openSync('/proc/thread-self/schedstat', 'r');
    const text = Buffer.alloc(64);
    return () => {
      // The kernel brings a running thread's count up to date when asked for its process's usage.
      process.cpuUsage();
      readSync(file, text, 0, text.length, 0);
      return Number(text.toString('latin1', 0, text.indexOf(0x20))) / 1e6;
    };
  } catch {
    if (typeof process.threadCpuUsage !== 'function') return undefined;
    return () => {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1e3;
    };
  }
}
