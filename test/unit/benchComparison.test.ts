import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type BenchResult, resultOf } from '../bench/benchmark.ts';
import { BENCHMARKS } from '../bench/benchmarks.ts';
import { compare } from '../bench/comparison.ts';
import { belowFloor, readFloors } from '../bench/floors.ts';
import { reportOf } from '../bench/report.ts';
import { interleave } from '../bench/rounds.ts';

const series = (name: string, values: readonly number[], cpuUs: number | undefined = undefined) => ({
  name,
  samples: values.map((value) => ({ value, cpuUsPerInvocation: cpuUs })),
});

describe('a comparison', () => {
  test('takes the median of the ratios of each round, not the ratio of medians', () => {
    // The machine was three times as slow in the second round, for both.
    const found = compare(series('ours', [50, 20, 55]), series('bound', [100, 33, 100]), 'higher');
    expect(found.ratio).toBeCloseTo(0.55);
    expect(found.spread[0]).toBeCloseTo(0.525);
    expect(found.spread[1]).toBeCloseTo((0.55 + 20 / 33) / 2);
    expect(found).toMatchObject({ variant: 'ours', value: 50, bound: 100, values: [50, 20, 55] });
  });

  test('of times is below 1 where ours are longer', () => {
    expect(compare(series('ours', [40]), series('bound', [10]), 'lower').ratio).toBe(0.25);
  });

  test('has CPU times where the system tells them', () => {
    const known = compare(series('ours', [1, 1], 50), series('bound', [1, 1], 10), 'higher');
    expect(known).toMatchObject({ cpuUsPerInvocation: 50, boundCpuUsPerInvocation: 10, cpuRatio: 0.2 });
    const unknown = compare(series('ours', [1]), series('bound', [1], 10), 'higher');
    expect(unknown).toMatchObject({ cpuUsPerInvocation: null, cpuRatio: null });
  });

  test('needs as many rounds of both, and one at least', () => {
    expect(() => compare(series('ours', [1]), series('bound', [1, 2]), 'higher')).toThrow('1 rounds of ours');
    expect(() => compare(series('ours', []), series('bound', []), 'higher')).toThrow('0 rounds');
  });
});

describe('rounds', () => {
  test('measure everyone in each, and nobody always first', async () => {
    const log: string[] = [];
    const measured = await interleave(['a', 'b', 'c'], 3, async (who, round) => {
      log.push(who);
      return `${who}${round}`;
    });
    expect(log.join('')).toBe('abcbcacab');
    expect(measured).toEqual([
      ['a0', 'a1', 'a2'],
      ['b0', 'b1', 'b2'],
      ['c0', 'c1', 'c2'],
    ]);
  });
});

const [benchmark] = BENCHMARKS;
if (benchmark === undefined) throw new Error('there are no benchmarks');

/** A result of the first benchmark with these ratios. */
function resultWith(ratio: number, cpuRatio: number | null): BenchResult {
  const comparison = compare(series('ours', [ratio * 1_234_567]), series('bare', [1_234_567]), 'higher');
  const headline = { ...comparison, cpuRatio, details: { containers: 3 } };
  const finding = { unit: 'per s', better: 'higher', boundName: 'bare', headline, variants: [headline] } as const;
  const versions = { node: '20.20.0' };
  const machine = { host: { cores: 2, cpu: 'some' }, versions, loadAverage: [1, 2], stealShare: 0.125 } as const;
  return resultOf(benchmark as (typeof BENCHMARKS)[number], finding, { size: 'quick', seconds: 1, machine });
}

describe('the floors', () => {
  const floors = { throughput: { ratio: 0.2, cpuRatio: 0.1 } };

  test('let pass what is on or above them', () => {
    expect(belowFloor(resultWith(0.2, 0.1), floors)).toEqual([]);
  });

  test('name each ratio that is below', () => {
    expect(belowFloor(resultWith(0.19, 0.11), floors)).toEqual([
      'throughput: ratio 0.190 of ours to bare is below its floor 0.2 (test/bench/floors.json)',
    ]);
    expect(belowFloor(resultWith(0.1, 0.05), floors)).toHaveLength(2);
  });

  test('do not let pass what was not measured, nor what has no floor', () => {
    expect(belowFloor(resultWith(0.3, null), floors)).toEqual([expect.stringContaining('could not be measured')]);
    expect(() => belowFloor(resultWith(1, 1), {})).toThrow('no floor for throughput');
  });

  test('are there for every benchmark and for nothing else', () => {
    expect(Object.keys(readFloors()).sort()).toEqual(BENCHMARKS.map(({ name }) => name).sort());
  });
});

describe('the report', () => {
  test('shows both figures, the ratio and what the machine did', () => {
    const text = reportOf(resultWith(0.5, 0.25), (_, plain) => plain);
    expect(text).toMatch(/^throughput: ratio 0\.5$/m);
    expect(text).toMatch(/^ours +617,284 +1,234,567 .* 0\.5 to 0\.5 +0\.25 +containers 3$/m);
    expect(text).toContain('2 × some');
    expect(text).toContain('load average 1.0 before, 2.0 after; steal 12.5 %');
  });
});

test('the README tells of each benchmark', () => {
  const readme = readFileSync(new URL('../bench/README.md', import.meta.url), 'utf8');
  for (const { name } of BENCHMARKS) expect(readme).toContain(`## ${name}`);
});
