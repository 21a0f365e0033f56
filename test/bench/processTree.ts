import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../src/lib/clock.ts';
import { processCpuMs } from '../../src/lib/procfs.ts';

const LOOK_AGAIN_MS = 40;
/** A share of a core that a process with nothing to do may still take. */
const IDLE_SHARE = 0.05;
const PATIENCE_MS = 3_000;

/** A process and all that descend from it; the root alone where there is no /proc. */
export function treeOf(root: number): number[] {
  const pids = [root];
  for (const pid of pids) {
    for (const thread of list(`/proc/${pid}/task`)) {
      const children = read(`/proc/${pid}/task/${thread}/children`).trim();
      if (children !== '') pids.push(...children.split(' ').map(Number));
    }
  }
  return pids;
}

/** CPU time of a process and its living descendants so far, microseconds; undefined without /proc. */
export function treeCpuUs(root: number): number | undefined {
  if (processCpuMs(root) === undefined) return undefined;
  return treeOf(root).reduce((sum, pid) => sum + cpuUs(pid), 0);
}

/** Resolves when the processes have nothing left to do, or will not come to that. */
export async function idle(roots: readonly number[]): Promise<void> {
  const end = monotonicMs() + PATIENCE_MS;
  const usedUs = () => roots.reduce((sum, root) => sum + (treeCpuUs(root) ?? 0), 0);
  for (let before = usedUs(), after: number; monotonicMs() < end; before = after) {
    await sleep(LOOK_AGAIN_MS);
    after = usedUs();
    if (after - before <= LOOK_AGAIN_MS * 1_000 * IDLE_SHARE) return;
  }
}

/**
 * Of what the kernel tells, /proc/<pid>/stat is rounded down to 10 ms, and the scheduler's nanoseconds are of threads
 * that still live: whichever is more is nearer to the truth. 0 for a process that has ended.
 */
function cpuUs(pid: number): number {
  let ofThreadsUs = 0;
  for (const thread of list(`/proc/${pid}/task`)) {
    ofThreadsUs += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]) / 1_000;
  }
  return Math.max((processCpuMs(pid) ?? 0) * 1_000, ofThreadsUs);
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
