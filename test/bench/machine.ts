import { loadavg } from 'node:os';
import { hostCpuMs } from '../../src/lib/procfs.ts';
import { describeHost, describeVersions } from '../../src/results/host.ts';

/** What figures depend on, and what else the machine did meanwhile. */
export interface MachineNotes {
  readonly host: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Over one minute, before and after. */
  readonly loadAverage: readonly [number, number];
  /** Of the time of all cores, what the hypervisor gave to others; null without /proc. */
  readonly stealShare: number | null;
}

/** @returns what to call when the measuring is over */
export function watchMachine(): () => MachineNotes {
  const before = hostCpuMs();
  const loadBefore = loadavg()[0] ?? 0;
  return () => {
    const after = hostCpuMs();
    return {
      host: describeHost(),
      versions: describeVersions(),
      loadAverage: [loadBefore, loadavg()[0] ?? 0],
      stealShare: before === undefined || after === undefined ? null : stealShare(before, after),
    };
  };
}

type HostCpu = NonNullable<ReturnType<typeof hostCpuMs>>;

function stealShare(before: HostCpu, after: HostCpu): number {
  const total = ({ busy, idle, steal }: HostCpu) => busy + idle + steal;
  const elapsed = total(after) - total(before);
  return elapsed === 0 ? 0 : (after.steal - before.steal) / elapsed;
}
