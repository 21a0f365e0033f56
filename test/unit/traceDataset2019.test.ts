import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaasError } from '../../src/protocol/errors.ts';
import { readDataset2019 } from '../../src/traces/dataset2019.ts';
import type { Trace } from '../../src/traces/trace.ts';
import {
  DURATIONS_HEADER,
  folder2019,
  invocations2019,
  type Row2019,
  steadyDurations,
  traceFolder,
} from '../helpers/traceFiles.ts';

const ALL = { startMs: 0, durationMs: Number.POSITIVE_INFINITY };
const READ = { window: ALL, seed: 1, memory: false, limit: Number.POSITIVE_INFINITY };

/** `key minute` → calls. */
function callsPerCell({ calls, functions }: Trace): Record<string, number> {
  const cells: Record<string, number> = {};
  calls.startUs.forEach((startUs, at) => {
    const cell = `${functions[calls.functionIndex[at] ?? 0]?.key} ${Math.floor(startUs / 60e6)}`;
    cells[cell] = (cells[cell] ?? 0) + 1;
  });
  return cells;
}

/** Each call as `key start duration`, in order. */
function callsOf({ calls, functions }: Trace): string[] {
  return Array.from(calls.startUs, (startUs, at) => {
    return `${functions[calls.functionIndex[at] ?? 0]?.key} ${startUs} ${calls.durationMs[at]}`;
  });
}

async function complaint(folder: string): Promise<string> {
  const error: unknown = await readDataset2019(folder, READ).catch((thrown: unknown) => thrown);
  if (!(error instanceof FaasError)) throw new Error(`no FaasError but ${String(error)}`);
  expect(error.code).toBe('trace_unreadable');
  return error.message;
}

const MIXED: readonly Row2019[] = [
  { key: 'o,a,f', counts: [3, 0, 40] },
  { key: 'o,b,f', trigger: 'timer', counts: [1, 6, 0] },
  { key: 'p,c,g', trigger: 'queue', counts: [0, 7, 2] },
];

describe('counts', () => {
  test('are kept for every function and minute, whatever they are', async () => {
    const rows = fc.array(
      fc.record({
        trigger: fc.constantFrom('http', 'timer', 'queue', 'others'),
        counts: fc.array(fc.nat({ max: 150 }), { minLength: 4, maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(), fc.integer({ min: 1, max: 1_437 }), async (drawn, seed, firstLabel) => {
        const named = drawn.map((row, index) => ({ ...row, key: `o,a,f${index}` }));
        const trace = await readDataset2019(folder2019(named, firstLabel), { ...READ, seed });
        const expected = named.flatMap(({ counts }, index) =>
          counts.flatMap((count, minute) => (count === 0 ? [] : [[`o/a/f${index} ${minute}`, count] as const])),
        );
        expect(callsPerCell(trace)).toEqual(Object.fromEntries(expected));
        expect([...trace.calls.startUs]).toEqual([...trace.calls.startUs].sort((a, b) => a - b));
      }),
      { numRuns: 40 },
    );
  });

  test('of a window are those of its minutes; a window within a minute cuts, and changes no draw', async () => {
    const folder = folder2019(MIXED, 541);
    const whole = callsOf(await readDataset2019(folder, READ));
    for (const [startMs, durationMs] of [
      [60_000, 60_000],
      [30_000, 45_000],
      [90_000, 1_000_000],
    ] as const) {
      const part = callsOf(await readDataset2019(folder, { ...READ, window: { startMs, durationMs } }));
      const inside = whole.filter((call) => {
        const startUs = Number(call.split(' ')[1]);
        return startUs >= startMs * 1e3 && startUs < (startMs + durationMs) * 1e3;
      });
      expect(part).toEqual(inside);
    }
  });

  test('up to a limit are the first of all', async () => {
    const folder = folder2019(MIXED);
    const whole = callsOf(await readDataset2019(folder, READ));
    const some = callsOf(await readDataset2019(folder, { ...READ, limit: 5 }));
    expect(some.slice(0, 5)).toEqual(whole.slice(0, 5));
    expect(some.length).toBeLessThan(whole.length);
  });
});

describe('arrivals', () => {
  test('of a timer are shortly after the full second, spread over the minute', async () => {
    const { calls } = await readDataset2019(folder2019([{ key: 'o,a,f', trigger: 'timer', counts: [6, 1] }]), READ);
    const offsets = Array.from(calls.startUs, (startUs) => startUs % 1e6);
    for (const offset of offsets) {
      expect(offset).toBeGreaterThanOrEqual(15_000);
      expect(offset).toBeLessThanOrEqual(42_000);
    }
    expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThanOrEqual(2_000);
    expect(Array.from(calls.startUs, (startUs) => Math.floor(startUs / 1e6))).toEqual([0, 10, 20, 30, 40, 50, 60]);
  });

  test('of all others are anywhere in the minute', async () => {
    const { calls } = await readDataset2019(folder2019([{ key: 'o,a,f', counts: [6_000] }]), READ);
    const perTenSeconds = [0, 0, 0, 0, 0, 0];
    for (const startUs of calls.startUs) {
      const part = Math.floor(startUs / 10e6);
      perTenSeconds[part] = (perTenSeconds[part] ?? 0) + 1;
    }
    for (const count of perTenSeconds) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  test('stay as they were when a function is added or rows change places', async () => {
    const before = callsOf(await readDataset2019(folder2019(MIXED), READ));
    const more = [{ key: 'o,a,e', counts: [9, 9, 9] }, ...MIXED];
    const after = callsOf(await readDataset2019(folder2019(more), READ));
    expect(after.filter((call) => !call.startsWith('o/a/e'))).toEqual(before);
    expect(callsOf(await readDataset2019(folder2019([...MIXED].reverse()), READ))).toEqual(before);
  });

  test('are others with another seed', async () => {
    const one = callsOf(await readDataset2019(folder2019(MIXED), READ));
    expect(callsOf(await readDataset2019(folder2019(MIXED), { ...READ, seed: 2 }))).not.toEqual(one);
  });
});

describe('faults of the data set', () => {
  test('are survived, counted and named', async () => {
    const folder = traceFolder({
      'invocations.csv': invocations2019([
        { key: 'o,a,twice', counts: [1, 2] },
        { key: 'o,a,twice', counts: [3, 0] },
        { key: 'o,a,unknown', counts: [4, 0] },
        { key: 'o,a,negative', trigger: 'cron', counts: [1, 0] },
        { key: 'o,a,zero', counts: [1, 0] },
        { key: 'o,a,nan', counts: [1, 0] },
        { key: 'o,a,falling', counts: [1, 0] },
        { key: 'o,a,hollow', counts: [1, 0] },
        { key: 'o,a,busier', counts: [500, 0] },
        { key: 'o,a,idle', counts: [0, 0] },
      ]),
      'durations.csv': `${[
        DURATIONS_HEADER,
        'o,a,busier,10,20,10,10,10,10,10,10,10,10,10',
        'o,a,hollow,,1,,,,,,,,,',
        'o,a,falling,10,1,10,30,10,10,20,15,20,20,30',
        'o,a,nan,,1,,,10,10,10,10,10,10,10',
        'o,a,zero,0,1,0,0,0,0,0,0,0,0,0',
        'o,a,negative,-41692,1,5,5,5,5,5,5,5,5,5',
        'o,a,twice,100,6,100,100,100,100,100,100,100,100,100',
        'o,a,twice,900,6,900,900,900,900,900,900,900,900,900',
      ].join('\n')}\n`,
      'memory.csv': 'HashOwner,HashApp,SampleCount,AverageAllocatedMb\no,a,1,100\no,a,1,900\n',
    });
    const trace = await readDataset2019(folder, { ...READ, memory: true });
    expect(Object.fromEntries(trace.cleaning.map(({ issue, count }) => [issue, count]))).toEqual({
      duplicateInvocations: 1,
      duplicateDurations: 1,
      duplicateMemory: 1,
      missingDurations: 1,
      negativeAverage: 1,
      zeroAverage: 1,
      missingAverage: 2,
      averageOutside: 1,
      missingExtremes: 1,
      unusablePercentile: 1,
      notMonotone: 1,
      noDuration: 1,
      countMismatch: 1,
      unknownTrigger: 1,
    });
    expect(callsPerCell(trace)).toMatchObject({ 'o/a/twice 0': 4, 'o/a/twice 1': 2, 'o/a/unknown 0': 4 });
    const durations = callsOf(trace);
    expect(durations.find((call) => call.startsWith('o/a/twice'))).toMatch(/ 100$/);
    expect(durations.find((call) => call.startsWith('o/a/negative'))).toMatch(/ 5$/);
    expect(durations.find((call) => call.startsWith('o/a/zero'))).toMatch(/ 0$/);
    expect(trace.functions.find(({ func }) => func === 'twice')?.memoryMb).toBeCloseTo(100 / 9);
  });

  test('memory per function, as in the three-file layout, is taken as it is', async () => {
    const folder = traceFolder({
      'invocations.csv': invocations2019([{ key: 'o,a,f', counts: [1] }]),
      'durations.csv': steadyDurations(['o,a,f']),
      'memory.csv': 'HashFunction,HashOwner,HashApp,SampleCount,AverageAllocatedMb\nf,o,a,1,26.7\n',
    });
    expect((await readDataset2019(folder, { ...READ, memory: true })).functions[0]?.memoryMb).toBe(26.7);
  });
});

describe('official files', () => {
  const day = (count: number, trigger: string): string => {
    const counts = Array.from({ length: 1_440 }, (_, minute) => (minute === 540 ? count : 0));
    return invocations2019([{ key: 'o,a,f', trigger, counts }]);
  };
  const files = {
    'invocations_per_function_md.anon.d02.csv': day(2, 'http'),
    'function_durations_percentiles.anon.d02.csv': `${DURATIONS_HEADER}\no,a,f,5,2,5,5,5,5,5,5,5,5,5\n`,
    'invocations_per_function_md.anon.d13.csv': day(3, 'queue'),
    'function_durations_percentiles.anon.d13.csv': `${DURATIONS_HEADER}\no,a,f,7,3,7,7,7,7,7,7,7,7,7\n`,
  };

  test('begin at midnight of the first day; a later day keeps its distance, and its own durations', async () => {
    const trace = await readDataset2019(traceFolder(files), READ);
    expect(callsPerCell(trace)).toEqual({ 'o/a/f 540': 2, [`o/a/f ${11 * 1_440 + 540}`]: 3 });
    expect([...trace.calls.durationMs]).toEqual([5, 5, 7, 7, 7]);
    expect(trace.cleaning).toMatchObject([{ issue: 'triggerChanged', count: 1 }]);
    expect(trace.endMs).toBe(12 * 86_400_000);
  });

  test('--start 09:00 begins with column 541, to the minute', async () => {
    const nine = { startMs: 9 * 3_600_000, durationMs: 60_000 };
    const folder = traceFolder(files);
    expect(callsPerCell(await readDataset2019(folder, { ...READ, window: nine }))).toEqual({ 'o/a/f 540': 2 });
    const before = { startMs: nine.startMs - 60_000, durationMs: 60_000 };
    expect((await readDataset2019(folder, { ...READ, window: before })).calls.startUs).toHaveLength(0);
  });

  test('without memory, as on days 13 and 14, are read and it is said', async () => {
    const { notes, cleaning } = await readDataset2019(traceFolder(files), { ...READ, memory: true });
    expect(notes).toContain('2 of the days read have no memory file');
    expect(cleaning).toContainEqual(expect.objectContaining({ issue: 'missingMemory', count: 1 }));
  });
});

describe('what cannot be read is named', () => {
  test('a folder without a trace, or with half of one', async () => {
    expect(await complaint(traceFolder({ 'x.txt': '' }))).toMatch(/holds no trace: neither invocations.csv/);
    expect(await complaint(traceFolder({ 'invocations.csv': '' }))).toMatch(/durations.csv does not exist, but must/);
    const official = traceFolder({ 'invocations_per_function_md.anon.d01.csv': '' });
    expect(await complaint(official)).toMatch(/function_durations_percentiles.anon.d01.csv does not exist/);
  });

  test.each([
    ['a negative count', 'HashOwner,HashApp,HashFunction,Trigger,1,2\no,a,f,http,0,-3\n', /:2: column "2" is "-3"/],
    ['half a call', 'HashOwner,HashApp,HashFunction,Trigger,1\no,a,f,http,0.5\n', /:2: column "1" is "0.5"/],
    ['a minute that is none', 'HashOwner,HashApp,HashFunction,Trigger,0\n', /:1: column "0" must be a minute/],
    ['minutes that go back', 'HashOwner,HashApp,HashFunction,Trigger,5,4\n', /:1: column "4" must be a minute/],
    ['no minutes', 'HashOwner,HashApp,HashFunction,Trigger\n', /:1: the header has no minute columns/],
    ['a missing column', 'HashOwner,HashFunction,Trigger,1\n', /:1: column "HashApp" is missing/],
  ])('%s', async (_, text, message) => {
    expect(await complaint(traceFolder({ 'invocations.csv': text, 'durations.csv': '' }))).toMatch(message);
  });
});
