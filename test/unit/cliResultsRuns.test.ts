import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { ago, elapsed, utc } from '../../src/cli/results/elapsed.ts';
import { matchRunId } from '../../src/cli/results/findRuns.ts';
import { mixedSettings, runsThatMeet, whyNothing } from '../../src/cli/results/matchedRuns.ts';
import { assertNotAtWork, stateOf } from '../../src/cli/results/runState.ts';
import { runsTable } from '../../src/cli/results/runsTable.ts';
import { parseWhere } from '../../src/results/where.ts';
import { ofThisProcess, openRun, storedRun } from '../helpers/storedRuns.ts';

const IDS = ['20261120-090000-vanilla-4ppm', '20261121-090000-faasbatch-4kpn', '20261121-090500-faasbatch-k3f9'];

describe('a run is found', () => {
  test.each([
    [IDS[0], IDS[0]],
    ['20261120', IDS[0]],
    ['k3f9', IDS[2]],
    ['faasbatch-4kpn', IDS[1]],
    ['last', IDS[2]],
    ['last~0', IDS[2]],
    ['last~2', IDS[0]],
  ])('by %s', (typed = '', expected) => {
    expect(matchRunId(typed, IDS)).toBe(expected);
  });

  test('by an id that others begin with', () => {
    expect(matchRunId('a-1', ['a-1', 'a-11'])).toBe('a-1');
  });

  test('not by what several begin with', () => {
    expect(() => matchRunId('20261121', IDS)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: '"20261121" fits 2 runs',
        details: { hint: `more of the id tells them apart: ${IDS[1]}, ${IDS[2]}` },
      }),
    );
  });

  test.each([
    ['20261121-090500-fasbatch-k3f9', `did you mean ${IDS[2]}?`],
    ['lsat', 'did you mean last?'],
    ['yesterday', 'faasbatch results runs lists those that are'],
    ['', 'faasbatch results runs lists those that are'],
    ['last~3', 'faasbatch results runs lists them'],
  ])('not by %j: %s', (typed, hint) => {
    expect(() => matchRunId(typed, IDS)).toThrow(expect.objectContaining({ code: 'run_not_found', details: { hint } }));
  });
});

describe('the state of a run', () => {
  test('is told by its summary, its process and its machine', () => {
    expect(stateOf(storedRun('r'))).toBe('ended');
    expect(stateOf(storedRun('r', ofThisProcess()))).toBe('ended');
    expect(stateOf(openRun('r', ofThisProcess()))).toBe('under way');
    expect(stateOf(openRun('r', { ...ofThisProcess(), kind: 'up' }))).toBe('serving');
    const dead = { ...ofThisProcess(), owner: { pid: process.pid, startTime: 'long ago' } };
    expect(stateOf(openRun('r', dead))).toBe('unfinished');
    expect(stateOf(openRun('r', { ...dead, kind: 'up' }))).toBe('served');
    expect(stateOf(openRun('r', { host: { hostname: hostname() } }))).toBe('unfinished');
    expect(stateOf(openRun('r'))).toBe('elsewhere');
  });

  test('forbids to remove what goes on', () => {
    expect(() => assertNotAtWork(openRun('r', ofThisProcess()))).toThrow(
      `under way (pid ${process.pid}): end it first`,
    );
    expect(() => assertNotAtWork(openRun('r'))).not.toThrow();
  });
});

describe('the table of runs', () => {
  const now = Date.parse('2026-11-21T02:48:12.000Z');
  const draw = (runs: Parameters<typeof runsTable>[0]): string[] => runsTable(runs, (_, text) => text, now).split('\n');

  test('has settings, calls and latencies', () => {
    const [head, replay] = draw([storedRun('a-1')]);
    expect(head?.split(/ +/)).toEqual('RUN STARTED TRACE STRATEGY PLACEMENT SEED OK CONTAINERS MEAN P98'.split(' '));
    expect(replay?.split(/ {2,}/)).toEqual([
      'a-1',
      '3 min ago',
      'paper (cpu)',
      'faasbatch 200 ms',
      'uniform',
      '5432',
      '4/4',
      '-',
      '21.0 ms',
      '21.0 ms',
    ]);
  });

  test('says in what state those are that were not added up, and how many calls did not end as ok', () => {
    const nothing = { trace: null, workload: null, placement: null, seed: null, dispatchIntervalMs: null };
    const [, serving, short] = draw([
      openRun('b-1', { ...ofThisProcess(), ...nothing, kind: 'up', strategy: 'vanilla' }),
      storedRun('c-1', { scheduled: 9 }),
    ]);
    expect(serving?.split(/ {2,}/)).toEqual(['b-1', '3 min ago', '-', 'vanilla', '-', '-', 'serving', '-', '-', '-']);
    expect(short).toContain(' 4/9 ');
  });
});

describe('where nothing is found', () => {
  const runs = [storedRun('a'), storedRun('b', { strategy: 'vanilla', dispatchIntervalMs: null })];

  test.each([
    [[], '', 'no run is stored: faasbatch replay makes one'],
    [runs, 'strategy=fasbatch', 'no stored run has strategy=fasbatch; strategy of those stored: faasbatch, vanilla'],
    [runs, 'dispatchIntervalMs=50', 'dispatchIntervalMs of those stored: (none), 200'],
    [runs, 'strategy=vanilla,dispatchIntervalMs=200', 'none of the 2 stored runs meets all of strategy=vanilla,disp'],
    [runs, 'strategy=vanilla,status!=ok', 'no invocation of the run that could have one meets status!=ok'],
    [runs, 'status=lost|failed', 'no invocation of the 2 runs that could have one meets status=lost|failed'],
    [runs, 'runId=a', 'the run that was asked for has no invocations in the store'],
  ])('%#: the reason is said', (stored, where, why) => {
    expect(whyNothing(stored, parseWhere(where))).toContain(why);
  });

  test('conditions on invocations leave runs in', () => {
    expect(runsThatMeet(runs, parseWhere('strategy=vanilla,status=lost')).map(({ runId }) => runId)).toEqual(['b']);
  });
});

describe('settings that groups mix', () => {
  const runs = [
    storedRun('a'),
    storedRun('b', { seed: 7, rho: 0.2 }),
    storedRun('c', { strategy: 'vanilla', dispatchIntervalMs: null, speed: 10 }),
  ];

  test('are named, except where repeats differ', () => {
    expect(mixedSettings(runs, [])).toEqual(['speed', 'strategy', 'dispatchIntervalMs']);
    expect(mixedSettings(runs, ['strategy', 'function'])).toEqual([]);
    expect(mixedSettings(runs, ['runId'])).toEqual([]);
    expect(mixedSettings(runs.slice(0, 2), [])).toEqual([]);
  });
});

describe('times', () => {
  test.each([
    [0, '0 s'],
    [-5, '0 s'],
    [119_999, '119 s'],
    [120_000, '2 min'],
    [3_600_000, '60 min'],
    [30 * 3_600_000, '30 h'],
    [72 * 3_600_000, '3 days'],
  ])('%d ms: %s', (ms, text) => {
    expect(elapsed(ms)).toBe(text);
  });

  test('are told from now, and in UTC', () => {
    expect(ago('2026-11-21T02:45:12.000Z', Date.parse('2026-11-21T02:45:42.000Z'))).toBe('30 s ago');
    expect(ago('')).toBe('-');
    expect(utc('2026-11-21T02:45:12.345Z')).toBe('2026-11-21 02:45:12 UTC');
  });
});
