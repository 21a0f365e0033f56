import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generatedTraces } from '../../src/traces/generate.ts';
import { CPYTHON_FIB_MS } from '../../src/traces/paper.ts';
import { paperTrace } from '../../src/traces/paperTrace.ts';
import { PLACEMENTS, placeInSecond } from '../../src/traces/placement.ts';
import type { Trace } from '../../src/traces/trace.ts';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';

/** reference/faasbatch.md, section 4.4, as it stands there. */
const PUBLISHED_ARRIVALS =
  '0:10 2:9 3:11 4:14 5:10 6:10 7:4 8:24 9:68 10:44 11:14 12:28 13:28 14:50 15:14 16:14 17:10 18:18 19:10 20:18 21:16 22:82 23:40 24:16 25:18 26:24 27:8 28:12 29:12 30:24 31:20 32:16 33:4 34:30 35:4 36:6 37:8 38:6 39:8 40:8 41:18 42:2 43:4 44:6';

function tally(values: Iterable<string | number>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function functionsIn({ calls, functions }: Trace): string[] {
  return Array.from(calls.functionIndex, (index) => functions[index]?.func ?? '');
}

function secondsIn({ calls }: Trace): number[] {
  return Array.from(calls.startUs, (startUs) => Math.floor(startUs / 1e6));
}

const placement = fc.constantFrom(...PLACEMENTS);

describe("the paper's workload", () => {
  const published = Object.fromEntries(PUBLISHED_ARRIVALS.split(' ').map((pair) => pair.split(':').map(Number)));

  test('has the published arrivals in each second, in any placement and with any seed', () => {
    fc.assert(
      fc.property(placement, fc.nat(), (where, seed) => {
        expect(tally(secondsIn(paperTrace('cpu', where, seed)))).toEqual(published);
      }),
      { numRuns: 30 },
    );
  });

  test('has the published calls of each function', () => {
    expect(tally(functionsIn(paperTrace('cpu', 'uniform', 5432)))).toEqual({
      func407: 1,
      func409: 399,
      func410: 387,
      func411: 6,
      func412: 1,
      func413: 5,
      func414: 1,
    });
    expect(tally(functionsIn(paperTrace('io', 'uniform', 5432)))).toEqual({
      func409: 200,
      func410: 193,
      func411: 3,
      func413: 3,
      func414: 1,
    });
    expect(tally(functionsIn(paperTrace('tc', 'uniform', 5432)))).toEqual({
      func409: 1002,
      func410: 963,
      func411: 11,
      func412: 1,
      func413: 20,
      func414: 3,
    });
  });

  test('has the published N, near the histogram that was aimed at', () => {
    const n = [...(paperTrace('cpu', 'uniform', 5432).calls.n ?? [])];
    const share = (from: number, to: number): number => n.filter((one) => one >= from && one <= to).length / 8;
    expect(n).toHaveLength(800);
    expect(tally(n)).toMatchObject({ 20: 67, 25: 92, 27: 14, 30: 36, 35: 36 });
    for (const [from, to, percent] of [
      [20, 26, 66.56],
      [27, 28, 3.19],
      [29, 29, 3.66],
      [30, 31, 7.3],
      [32, 33, 10.45],
      [34, 35, 8.85],
    ] as const) {
      expect(Math.abs(share(from, to) - percent)).toBeLessThan(0.11);
    }
  });

  test("holds the original's 287 core-seconds as durations", () => {
    const { durationMs, n } = paperTrace('cpu', 'uniform', 5432).calls;
    expect(durationMs.reduce((sum, ms) => sum + ms, 0) / 1e3).toBeCloseTo(287, 0);
    expect(durationMs[0]).toBeCloseTo(CPYTHON_FIB_MS[(n?.[0] ?? 0) - 20] ?? 0, 3);
  });

  test('comes in pairs of func409 and func410 at one moment, as many as the mix allows', () => {
    const trace = paperTrace('cpu', 'uniform', 5432);
    const functions = functionsIn(trace);
    const pairs = functions.filter(
      (name, at) =>
        name === 'func409' &&
        functions[at + 1] === 'func410' &&
        trace.calls.startUs[at] === trace.calls.startUs[at + 1],
    );
    expect(pairs).toHaveLength(387);
  });

  test('has as its I/O part its first 400 calls, and its 800 in the version of 2,000', () => {
    fc.assert(
      fc.property(placement, fc.nat(), (where, seed) => {
        const [cpu, io, tc] = (['cpu', 'io', 'tc'] as const).map((preset) => paperTrace(preset, where, seed));
        if (cpu === undefined || io === undefined || tc === undefined) throw new Error('a preset is missing');
        expect([...io.calls.startUs]).toEqual([...cpu.calls.startUs.subarray(0, 400)]);
        expect(functionsIn(io)).toEqual(functionsIn(cpu).slice(0, 400));
        expect([...tc.calls.startUs.subarray(0, 800)]).toEqual([...cpu.calls.startUs]);
        const apart = functionsIn(cpu).map((name) => (name === 'func407' ? 'func409' : name));
        expect(functionsIn(tc).slice(0, 800)).toEqual(apart);
      }),
      { numRuns: 10 },
    );
  });

  test('has, in the version of 2,000, the three known bursts and 197 seconds, and says what is approximated', () => {
    const tc = paperTrace('tc', 'uniform', 5432);
    const perSecond = tally(secondsIn(tc));
    expect(perSecond).toMatchObject({ 22: 82, 123: 59, 166: 46, 192: 39 });
    expect(secondsIn(tc).at(-1)).toBe(196);
    const late = Object.entries(perSecond).filter(([second]) => Number(second) > 44);
    expect(Math.max(...late.map(([, calls]) => calls))).toBe(59);
    expect(tc.notes.join()).toContain('seconds 45 to 196 are approximated');
  });
});

describe('placement', () => {
  test('is ascending, within the second, in whole microseconds, the same for the same seed', () => {
    fc.assert(
      fc.property(placement, fc.nat({ max: 100 }), fc.nat(), fc.nat({ max: 200 }), (where, count, seed, second) => {
        const moments = [...placeInSecond(count, where, seed, second)];
        expect(moments).toHaveLength(count);
        expect(moments).toEqual([...moments].sort((a, b) => a - b));
        expect(moments.every((us) => Number.isInteger(us) && us >= 0 && us < 1e6)).toBe(true);
        expect([...placeInSecond(count, where, seed, second)]).toEqual(moments);
        const spread = (moments.at(-1) ?? 0) - (moments[0] ?? 0);
        if (where === 'simultaneous') expect(spread).toBe(0);
        if (where === 'clustered') expect(spread).toBeLessThanOrEqual(100_000);
      }),
    );
  });

  test('moves with the seed and the second; uniform fills the second', () => {
    expect(placeInSecond(3, 'uniform', 1, 0)).not.toEqual(placeInSecond(3, 'uniform', 2, 0));
    expect(placeInSecond(3, 'simultaneous', 1, 0)).not.toEqual(placeInSecond(3, 'simultaneous', 1, 1));
    const moments = placeInSecond(10_000, 'uniform', 5, 0);
    for (const part of [0.25, 0.5, 0.75]) {
      expect(Math.abs((moments[10_000 * part] ?? 0) / 1e6 - part)).toBeLessThan(0.02);
    }
  });
});

describe('traces/', () => {
  test('holds what the generator makes, to the byte', () => {
    for (const [name, text] of generatedTraces()) {
      expect(readFileSync(join(PROJECT_ROOT, 'traces', name), 'utf8'), name).toBe(text);
    }
  });

  test('holds the presets: their digest is that of the file', () => {
    const file = readFileSync(join(PROJECT_ROOT, 'traces/faasbatch-cpu-800.csv'));
    const digest = createHash('sha256').update(file).digest('hex');
    expect(paperTrace('cpu', 'uniform', 5432).digest).toBe(digest);
    expect(paperTrace('cpu', 'uniform', 1).digest).not.toBe(digest);
  });
});
