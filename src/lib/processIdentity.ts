import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process started, as text that only compares for equality: with the pid it names one process, since pids are
 * used again. Clock ticks since boot on Linux, the start date elsewhere.
 * @returns undefined if there is no such process (a zombie counts as none).
 */
export function processStartTime(pid: number): string | undefined {
  return process.platform === 'linux' ? startTicks(pid) : startDate(pid);
}

/** Whether the process that had this pid and start time still runs. */
export function isSameProcess(pid: number, startTime: string): boolean {
  return processStartTime(pid) === startTime;
}

function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the second field is the command's name and may hold spaces and parentheses: count from its end
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startDate(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
