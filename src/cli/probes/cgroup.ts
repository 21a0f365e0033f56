import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './finding.ts';

const ROOT = '/sys/fs/cgroup';

/** Which control groups the kernel offers: Docker limits and accounts containers by them. */
export function probeCgroup(): Finding {
  const name = 'control groups';
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return { name, status: 'ok', found: 'version 2' };
  if (existsSync(join(ROOT, 'memory'))) return { name, status: 'ok', found: 'version 1' };
  const meaning = 'would add limits of memory and CPU for containers that Docker runs';
  return { name, status: 'absent', found: `none at ${ROOT}`, meaning };
}

/** Cores that the control group of this process grants; undefined where it sets no limit, or there is none. */
export function cpuQuota(): number | undefined {
  const groups = ownGroups();
  const unified = groups.get('');
  if (unified !== undefined) {
    const [quota, period] = (read(join(ROOT, unified, 'cpu.max')) ?? '').trim().split(' ');
    if (quota !== undefined && Number(quota) > 0) return Number(quota) / Number(period);
  }
  const cpu = join(ROOT, 'cpu', groups.get('cpu') ?? '');
  const quotaUs = Number(read(join(cpu, 'cpu.cfs_quota_us')) ?? -1);
  const periodUs = Number(read(join(cpu, 'cpu.cfs_period_us')) ?? 0);
  return quotaUs > 0 && periodUs > 0 ? quotaUs / periodUs : undefined;
}

/** This process's path in each hierarchy, by controller; '' is version 2's. */
function ownGroups(): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const controller of controllers.split(',')) groups.set(controller, path);
  }
  return groups;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
