import { mkdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { readJsonFile, writeJsonFile } from '../../lib/jsonFile.ts';
import { measureFib30Ms } from '../../traces/fibCost.ts';

interface Calibration {
  readonly cpu: string;
  readonly node: string;
  readonly fib30Ms: number;
}

/**
 * What fib(30) takes on this machine: measured once for a processor and a Node version, and kept in
 * `<home>/calibration.json`, so that today's runs do the same work as yesterday's. Without the file it is measured anew.
 */
export async function fib30Ms(home: string): Promise<number> {
  const path = join(home, 'calibration.json');
  const here = { cpu: cpus()[0]?.model ?? '', node: process.version };
  const kept = (await readJsonFile(path).catch(() => undefined)) as Partial<Calibration> | undefined;
  if (kept?.cpu === here.cpu && kept.node === here.node && Number(kept.fib30Ms) > 0) return Number(kept.fib30Ms);
  const calibration: Calibration = { ...here, fib30Ms: measureFib30Ms() };
  await mkdir(home, { recursive: true });
  await writeJsonFile(path, calibration);
  return calibration.fib30Ms;
}
