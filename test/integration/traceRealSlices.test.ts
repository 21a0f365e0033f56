import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { quantileSorted } from '../../src/lib/quantiles.ts';
import { readDataset2019 } from '../../src/traces/dataset2019.ts';
import { readInvocations2021 } from '../../src/traces/invocations2021.ts';
import { compileSchedule } from '../../src/traces/schedule.ts';
import type { Trace } from '../../src/traces/trace.ts';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';

/** Slices of Microsoft's traces, which are no part of the project; their facts are from the README beside them. */
const AZURE = join(PROJECT_ROOT, '../shared/data/azure');
const SLICE_2021 = join(AZURE, 'AzureFunctionsInvocationTraceForTwoWeeksJan2021.first998.csv');
const SLICE_2019 = join(AZURE, '2019-d01-minutes-540-689');
const ALL = { startMs: 0, durationMs: Number.POSITIVE_INFINITY };

function busiest({ calls }: Trace, unitUs: number): number {
  const counts = new Map<number, number>();
  for (const startUs of calls.startUs) {
    const unit = Math.floor(startUs / unitUs);
    counts.set(unit, (counts.get(unit) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

beforeEach(({ skip }) => {
  if (!existsSync(AZURE)) skip('../shared/data/azure is not there');
});

describe('the first 998 rows of 2021', () => {
  test('have the known facts', async () => {
    const trace = await readInvocations2021(SLICE_2021, ALL);
    const { startUs, durationMs } = trace.calls;
    expect(startUs).toHaveLength(998);
    expect(trace.functions).toHaveLength(49);
    expect(new Set(trace.functions.map(({ app }) => app)).size).toBe(21);
    expect((startUs[0] ?? 0) / 1e3).toBeCloseTo(1.49, 2);
    expect(((startUs.at(-1) ?? 0) - (startUs[0] ?? 0)) / 1e6).toBeCloseTo(6_464.8, 1);
    expect(busiest(trace, 60e6)).toBe(53);
    expect(busiest(trace, 1e6)).toBe(22);
    expect(durationMs.filter((ms) => ms === 0).length / 998).toBeCloseTo(0.043, 3);
    expect(quantileSorted(Float64Array.from(durationMs).sort(), 0.5)).toBeCloseTo(250, -1);
    expect(durationMs.reduce((sum, ms) => sum + ms, 0) / 1e3).toBeCloseTo(24_783, -1);
    expect(trace.cleaning.map(({ issue }) => issue)).toEqual(['zeroDurations']);
  });

  test('compile at speed 100 to all their calls within 65 seconds', async () => {
    const schedule = await compileSchedule({ trace: SLICE_2021, speed: 100, cores: 2 });
    expect(schedule.calls).toHaveLength(998);
    expect(schedule.calls[0]?.atMs).toBeCloseTo(0.015, 3);
    expect(schedule.calls.at(-1)?.atMs).toBeCloseTo(64_648.03, 2);
    expect(new Set(schedule.calls.map((call) => call.function)).size).toBe(49);
    expect(schedule.rho).toBeCloseTo((0.2 * 24_783) / (2 * 6_465), 2);
  });
});

describe('250 functions of 2019', () => {
  const options = { window: ALL, seed: 5432, memory: true, limit: Number.POSITIVE_INFINITY };

  test('have the known facts', async () => {
    const trace = await readDataset2019(SLICE_2019, options);
    expect(trace.calls.startUs).toHaveLength(324_209);
    expect(trace.endMs).toBe(150 * 60_000);
    expect(busiest(trace, 60e6)).toBe(2_864);
    expect(trace.functions.every(({ memoryMb }) => (memoryMb ?? 0) > 0)).toBe(true);
    const calls = new Map<number, number>();
    for (const index of trace.calls.functionIndex) calls.set(index, (calls.get(index) ?? 0) + 1);
    const rare = [...calls.values()].filter((count) => count < 150).length + 250 - calls.size;
    expect(rare / 250).toBeCloseTo(0.808, 3);
  });

  test('keep a mean of 20.4 of them busy, as their Averages say', async () => {
    const { calls, endMs } = await readDataset2019(SLICE_2019, options);
    const busy = calls.durationMs.reduce((sum, ms) => sum + ms, 0) / endMs;
    expect(busy).toBeGreaterThan(20.4 * 0.95);
    expect(busy).toBeLessThan(20.4 * 1.05);
  });

  test('have in each minute the calls of its column', async () => {
    const [header, ...rows] = readFileSync(join(SLICE_2019, 'invocations.csv'), 'utf8').trim().split('\n');
    const column = (header ?? '').split(',').indexOf('600');
    const expected = rows.reduce((sum, row) => sum + Number(row.split(',')[column]), 0);
    const window = { startMs: 60 * 60_000, durationMs: 60_000 };
    expect((await readDataset2019(SLICE_2019, { ...options, window })).calls.startUs).toHaveLength(expected);
  });
});
