import { readFileSync } from 'node:fs';

/** USER_HZ, which Linux fixes at 100 for what it shows in /proc. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;

/** CPU time of a process with all its threads; undefined where there is no such process, or no /proc. */
export function processCpuMs(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident memory that a process does not share. */
export function privateMemoryBytes(pid: number): number | undefined {
  const [, resident, shared] = read(`/proc/${pid}/statm`)?.split(' ') ?? [];
  return resident === undefined || shared === undefined ? undefined : (Number(resident) - Number(shared)) * PAGE_BYTES;
}

/** The machine's CPU time since boot, summed over cores; undefined without /proc. */
export function hostCpuMs(): { busy: number; idle: number; steal: number } | undefined {
  const [line] = read('/proc/stat')?.split('\n') ?? [];
  if (line === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) * TICK_MS);
  return { busy: user + nice + system + irq + softirq, idle: idle + iowait, steal };
}

/** The fields of /proc/<pid>/stat after the command's name, which may itself contain spaces and parentheses. */
function statFields(pid: number): string[] | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
