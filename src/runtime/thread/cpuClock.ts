import { openSync, readSync } from 'node:fs';

/** @returns CPU time that the calling thread has used, milliseconds. */
export type CpuClock = () => number;

/** In Node from 22.16 and 23.9 on. */
interface ThreadCpuUsage {
  threadCpuUsage?: () => { user: number; system: number };
}

/** The calling thread's CPU clock; undefined where the system has none that can be read (macOS before Node 22.16). */
export function openCpuClock(): CpuClock | undefined {
  return schedstatClock() ?? usageClock();
}

/**
 * The first number of schedstat is the thread's CPU time in nanoseconds. The file is kept open: it stands for the
 * thread that opened it. The kernel brings a running thread's count up to date at its ticks (4 ms here) and when the
 * thread asks for its process's usage, so that is asked first; both calls together take 3 µs.
 */
function schedstatClock(): CpuClock | undefined {
  const text = Buffer.alloc(64);
  try {
    const file = openSync('/proc/thread-self/schedstat', 'r');
    const clock = (): number => {
      process.cpuUsage();
      readSync(file, text, 0, text.length, 0);
      return Number(text.toString('latin1', 0, text.indexOf(0x20))) / 1e6;
    };
    // Kernels built without scheduler statistics show zeros.
    return clock() > 0 ? clock : undefined;
  } catch {
    return undefined;
  }
}

function usageClock(): CpuClock | undefined {
  const { threadCpuUsage } = process as ThreadCpuUsage;
  if (threadCpuUsage === undefined) return undefined;
  return () => {
    // on Linux it, too, would count by ticks
    process.cpuUsage();
    const { user, system } = threadCpuUsage();
    return (user + system) / 1e3;
  };
}
