import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/lib/random.ts';
import { Cleaning } from '../../src/traces/cleaning.ts';
import { type DurationRow, drawnSketch, PERCENTILES, quantileOf, sketchOf } from '../../src/traces/sketch.ts';

/** A real shape: the busiest function of the first day of 2019. */
const BUSY: DurationRow = {
  average: 36,
  count: 3_674_833,
  minimum: 10,
  maximum: 6_246,
  percentiles: [22, 25, 31, 34, 39, 65, 630],
};

function sketched(row: DurationRow): NonNullable<ReturnType<typeof sketchOf>> {
  const sketch = sketchOf(row, 'x', new Cleaning());
  if (sketch === undefined) throw new Error('no sketch');
  return sketch;
}

function meanOf(row: DurationRow): number {
  const sketch = sketched(row);
  const draws = 200_000;
  let sum = 0;
  for (let draw = 0; draw < draws; draw += 1) sum += quantileOf(sketch, (draw + 0.5) / draws);
  return sum / draws;
}

describe('a sketch of durations', () => {
  test('goes through its percentiles, Minimum and Maximum', () => {
    const sketch = sketched(BUSY);
    expect(PERCENTILES.slice(1, -1).map((quantile) => quantileOf(sketch, quantile))).toEqual([25, 31, 34, 39, 65]);
    expect([quantileOf(sketch, 0), quantileOf(sketch, 1)]).toEqual([10, 6_246]);
    expect(quantileOf(sketch, 1 - 1 / BUSY.count)).toBeCloseTo(630);
  });

  test('has the Average of its row, where a distribution through the percentiles can', () => {
    expect(meanOf(BUSY)).toBeCloseTo(36, 0);
    expect(meanOf({ ...BUSY, average: 33 })).toBeCloseTo(33, 0);
  });

  test('counts an Average that none can have', () => {
    const cleaning = new Cleaning();
    sketchOf({ ...BUSY, average: 5_000 }, 'x', cleaning);
    expect(cleaning.report()).toMatchObject([{ issue: 'averageOutside', count: 1 }]);
  });

  test('never falls and stays within its row, whatever the row', () => {
    const value = fc.oneof(fc.nat({ max: 1e6 }), fc.constant(Number.NaN), fc.integer({ min: -1e6, max: -1 }));
    const row = fc.record({
      average: value,
      count: value,
      minimum: value,
      maximum: value,
      percentiles: fc.array(value, { minLength: 7, maxLength: 7 }),
    });
    fc.assert(
      fc.property(row, (drawn) => {
        const sketch = sketchOf(drawn, 'x', new Cleaning());
        const usable = [drawn.average, drawn.minimum, drawn.maximum, ...drawn.percentiles].filter((ms) => ms >= 0);
        if (sketch === undefined) {
          expect([drawn.average, ...drawn.percentiles].filter((ms) => ms >= 0)).toEqual([]);
          return;
        }
        let before = 0;
        for (let at = 0; at <= 100; at += 1) {
          const ms = quantileOf(sketch, at / 100);
          expect(ms).toBeGreaterThanOrEqual(before - 1e-6);
          expect(ms).toBeLessThanOrEqual(Math.max(...usable));
          before = ms;
        }
      }),
    );
  });
});

test('unknown durations are drawn as published: median 0.68 s, at most ten minutes', () => {
  const random = seededRandom(7);
  const drawn = Array.from({ length: 4_000 }, () => quantileOf(drawnSketch(random), 0.3)).sort((a, b) => a - b);
  expect(drawn[2_000]).toBeGreaterThan(600);
  expect(drawn[2_000]).toBeLessThan(770);
  expect(drawn.at(-1)).toBeLessThanOrEqual(600_000);
  expect(drawn[0]).toBeGreaterThanOrEqual(1);
});
