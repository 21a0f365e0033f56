import { describe, expect, test } from 'vitest';
import { answerText } from '../../src/cli/results/answerText.ts';
import { comparisonText, doubts, labelsOf } from '../../src/cli/results/comparisonText.ts';
import { fieldListText, listedFields, MEANINGS } from '../../src/cli/results/fieldList.ts';
import { figureLabel, figureText, MAIN_FIGURES } from '../../src/cli/results/figureLabels.ts';
import { workText } from '../../src/cli/results/figures.ts';
import {
  checkQuestion,
  joinWhere,
  readConditions,
  readNames,
  readRunConditions,
} from '../../src/cli/results/question.ts';
import { runText } from '../../src/cli/results/runText.ts';
import type { SeenRun } from '../../src/cli/results/seenRun.ts';
import { compareSummaries } from '../../src/results/compare.ts';
import { FIELDS } from '../../src/results/fields.ts';
import type { RunDocument } from '../../src/results/runDocument.ts';
import type { RunSummary } from '../../src/results/summary.ts';
import { storedRun } from '../helpers/storedRuns.ts';

const plain = (_: unknown, text: string): string => text;

function summaryOf({ summary }: RunDocument): RunSummary {
  if (summary === null) throw new Error('no summary');
  return summary;
}

describe('what can be asked', () => {
  test('is explained, every field of it and nothing else', () => {
    expect(Object.keys(MEANINGS).sort()).toEqual(FIELDS.map(({ name }) => name).sort());
    const fields = listedFields();
    expect(fields).toContainEqual({
      name: 'dispatchIntervalMs',
      kind: 'time',
      of: 'run',
      meaning: 'the window in which they gathered',
    });
    const text = fieldListText(fields, plain);
    for (const part of ['endToEnd ', '--where', '--group-by', '--metric', '--stat']) expect(text).toContain(part);
  });

  test('is checked before any store is asked, with a way to find out', () => {
    const hint = 'faasbatch results query --fields lists what can be asked';
    for (const wrong of [{ groupBy: ['strategi'] }, { metric: 'function' }, { stats: ['median'] }]) {
      expect(() => checkQuestion(wrong)).toThrow(
        expect.objectContaining({ code: 'invalid_query', details: expect.objectContaining({ hint }) }),
      );
    }
    expect(() => readConditions('strategi=x')).toThrow('Did you mean "strategy"?');
    expect(() =>
      checkQuestion({ groupBy: ['strategy', 'workScale.mode'], metric: 'cpuMs', stats: ['p99.9'] }),
    ).not.toThrow();
  });

  test('of runs is less', () => {
    expect(readRunConditions('strategy=vanilla,seed>3')).toHaveLength(2);
    expect(() => readRunConditions('strategy=vanilla,status=ok')).toThrow('runs have no field "status"');
  });

  test('is given in lists, or piece by piece', () => {
    expect(readNames(' mean , p98,')).toEqual(['mean', 'p98']);
    expect(readNames(undefined)).toBeUndefined();
    expect(['a=1', 'b=2'].reduce<string | undefined>((all, one) => joinWhere(one, all), undefined)).toBe('a=1,b=2');
  });
});

describe('an answer', () => {
  test('is a line for each group; numbers are times only where the metric is one', () => {
    const answer = {
      metric: 'endToEnd',
      groupBy: ['strategy', 'dispatchIntervalMs'],
      stats: ['count', 'mean'],
      rows: [
        {
          group: { strategy: 'faasbatch', dispatchIntervalMs: 200 },
          invocations: 9,
          values: { count: 8, mean: 12.34 },
        },
        { group: { strategy: 'vanilla', dispatchIntervalMs: null }, invocations: 3, values: { count: 0, mean: null } },
      ],
    };
    expect(
      answerText(answer, plain)
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['strategy', 'dispatchIntervalMs', 'CALLS', 'count', 'endToEnd mean'],
      ['faasbatch', '200', '9', '8', '12.3 ms'],
      ['vanilla', '-', '3', '0', '-'],
    ]);
    const sizes = { ...answer, metric: 'batchSize', groupBy: [], rows: answer.rows.slice(0, 1) };
    expect(answerText(sizes, plain)).toMatch(/9 +8 +12\.34$/);
  });
});

describe('runs side by side', () => {
  const batched = storedRun('a-4kpn', {}, 4);
  const vanilla = storedRun('b-4ppm', { strategy: 'vanilla', dispatchIntervalMs: null, parallelism: 'serial' }, 8);
  const figures = compareSummaries([batched, vanilla].map(summaryOf));

  test('have their ids, the settings that differ, and figures with ratios to the first', () => {
    const lines = comparisonText([batched, vanilla], figures, 'main', plain).split('\n');
    expect(lines.slice(0, 3)).toEqual(['faasbatch 200 ms  a-4kpn', 'vanilla           b-4ppm', '']);
    const cells = lines.slice(3).map((line) => line.split(/ {2,}/).filter((cell) => cell !== ''));
    expect(cells).toContainEqual(['parallelism', 'parallel', 'serial']);
    expect(cells).toContainEqual(['calls', '4', '8', '×2.00']);
    expect(cells).toContainEqual(['end to end, mean', '21.0 ms', '21.0 ms', '×1.00']);
    expect(cells.some(([name]) => name === 'engine' || name === 'error')).toBe(false);
  });

  test('have every figure if asked', () => {
    const text = comparisonText([batched, vanilla], figures, 'all', plain);
    expect(text).toMatch(/^queueing, p99 +1\.00 ms +1\.00 ms +×1\.00$/m);
    expect(text).toMatch(/^invocations\.scheduled +4 +8/m);
  });

  test('are doubted where they differ in more than was to be compared', () => {
    expect(doubts([batched, vanilla])).toEqual([]);
    // calibration measures anew in every run
    expect(
      doubts([batched, storedRun('c-1', { workScale: { mode: 'calibrated', shift: 2, fib30Ms: 5 } })]),
    ).toHaveLength(1);
    const measured = [5, 6].map((fib30Ms) =>
      storedRun('c-1', { workScale: { mode: 'calibrated', shift: 2, fib30Ms } }),
    );
    expect(doubts(measured)).toEqual([]);
    const other = storedRun('d-1', { seed: 7, speed: 10, host: { hostname: 'else' } });
    expect(doubts([batched, other])).toEqual([
      'these runs had different work to do: they differ in seed, speed',
      'these runs were not made on the same machine',
    ]);
  });

  test('of one strategy are told apart by the ends of their ids', () => {
    expect(labelsOf([batched, vanilla, storedRun('e-k3f9')])).toEqual([
      'faasbatch 200 ms 4kpn',
      'vanilla',
      'faasbatch 200 ms k3f9',
    ]);
  });
});

describe('figures', () => {
  test('that are compared first are figures of summaries', () => {
    const counted = { ...summaryOf(storedRun('a')), batches: { count: 1, meanSize: 2, maxSize: 3 } };
    const containers = { started: 1, peak: 1, containerSeconds: 1, memoryByteSeconds: 1 };
    const cpuSeconds = { replayer: 1, platform: 1, engine: 1, containers: 1, steal: 1 };
    const multiplexer = { created: 1, reused: 1 };
    const known = compareSummaries([{ ...counted, containers, cpuSeconds, multiplexer }]).map(({ name }) => name);
    expect([...MAIN_FIGURES.keys()].filter((name) => !known.includes(name))).toEqual([]);
  });

  test.each([
    ['latencyMs.endToEnd.p98', 'end to end, p98', 1234, '1234 ms'],
    ['replay.lagMs.p99', 'replay.lagMs.p99', 0.5, '0.50 ms'],
    ['containers.memoryByteSeconds', 'containers.memoryByteSeconds', 3 * 2 ** 30, '3 GB s'],
    ['containers.containerSeconds', 'containers.containerSeconds', 12.34, '12.3'],
    ['cpuSeconds.engine', 'cpuSeconds.engine', null, '-'],
    ['batches.meanSize', 'batches.meanSize', 3.24159, '3.242'],
  ])('%s: %s', (name, label, value, text) => {
    expect(figureLabel(name)).toBe(label);
    expect(figureText(name, value)).toBe(text);
  });

  test.each([
    [null, 'as in the trace'],
    [{ mode: 'calibrated', shift: 2 }, 'fib(N+2), calibrated'],
    [{ mode: 'calibrated', shift: -1 }, 'fib(N-1), calibrated'],
    [{ mode: 'literal', shift: 0 }, 'fib(N), literal'],
    [{ mode: 'else' }, 'else'],
  ])('work %j: %s', (workScale, text) => {
    expect(workText({ workScale })).toBe(text);
  });
});

describe('a run', () => {
  const run = storedRun('a-4kpn', { notes: ['placed uniform'], versions: { node: '20.20.2' } });
  const seen: SeenRun = {
    run,
    state: 'ended',
    summary: summaryOf(run),
    endToEndMs: [21, 21, 40],
    folder: '/runs/a-4kpn',
  };

  test('is shown with its settings, counters, latencies and their distribution', () => {
    const text = runText(seen, plain);
    for (const line of [
      /^a-4kpn$/m,
      /^ {2}trace +paper \(cpu\) · sha256 d1$/m,
      /^ {2}work +calibrated · ρ 0\.17$/m,
      /^ {2}switches +process engine · parallel · multiplexing on · CPU by os$/m,
      /^ {2}host +bench · EPYC · 2 cores · 16 GB · Node 20\.20\.2$/m,
      /^ {2}folder +\/runs\/a-4kpn$/m,
      /^ {2}note +placed uniform$/m,
      /^ {2}calls +4 of 4 ok$/m,
      /^LATENCY +MEAN +P50 +P95 +P98 +P99 +MAX$/m,
      /^end to end +21\.0 ms/m,
      /^ 100 %│.*●/m,
    ]) {
      expect(text).toMatch(line);
    }
    expect(text).not.toMatch(/^ {2}state/m);
  });

  test('that was not added up says so, and how much of it is stored', () => {
    const open = { ...run, scheduled: 9, summary: null };
    const text = runText({ ...seen, run: open, state: 'unfinished', endToEndMs: [], folder: null }, plain);
    expect(text).toMatch(/^ {2}state +its process died/m);
    expect(text).toMatch(/^ {2}stored +4 of 9 calls$/m);
    expect(text).not.toContain('│');
    expect(text).not.toMatch(/^ {2}folder/m);
  });
});
