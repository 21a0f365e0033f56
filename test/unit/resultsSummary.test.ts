import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WorkerAccounts } from '../../src/protocol/accounts.ts';
import type { ClientStatus } from '../../src/protocol/record.ts';
import { compareSummaries } from '../../src/results/compare.ts';
import { invocationDocument, runContextOf } from '../../src/results/invocationDocument.ts';
import type { RunManifest } from '../../src/results/runFolder.ts';
import { accountingProblems, type RunSummary, SummaryBuilder } from '../../src/results/summary.ts';
import { clientRecord, newRun, platformRecord } from '../helpers/resultRecords.ts';

const manifest: RunManifest = {
  ...newRun({ scheduled: 4 }),
  runId: 'r1',
  startedAt: '2026-11-21T00:00:00.000Z',
  epochAt: 0,
  bootId: '',
  owner: { pid: 1, startTime: '1' },
  host: {},
};

const accounts: WorkerAccounts = {
  workerId: 'w1',
  at: 1,
  final: true,
  batches: { count: 4, invocations: 6, maxSize: 3 },
  containers: {
    started: 2,
    startsFailed: 0,
    prewarmed: 0,
    lost: 0,
    peak: 2,
    containerSeconds: 3,
    memoryByteSeconds: 4,
  },
  cpuSeconds: { platform: 1, engine: 0, containers: 2 },
  multiplexer: { created: 1, reused: 5 },
};

type Changes = Parameters<typeof platformRecord>[2];

function summaryOf(calls: readonly [ClientStatus, Changes?][], scheduled: number | null = calls.length): RunSummary {
  const builder = new SummaryBuilder({ ...manifest, scheduled });
  for (const [sequence, [status, changes]] of calls.entries()) {
    const client = clientRecord(manifest, sequence, { status });
    const accepted = status !== 'dropped' && status !== 'rejected';
    builder.add(
      invocationDocument(
        runContextOf(manifest),
        client,
        accepted ? platformRecord(manifest, sequence, changes) : undefined,
      ),
    );
  }
  return builder.finish({ accounts, replayerCpuSeconds: 0.5 });
}

describe('a summary', () => {
  test('has the members that `replay --json` promises, no more and no less', () => {
    const members = (part: object): string[] => Object.keys(part).sort();
    const summary = summaryOf([['ok']]);
    expect(members(summary)).toEqual(
      [
        ...['runId', 'trace', 'traceDigest', 'workload', 'workScale', 'rho', 'placement', 'seed', 'strategy'],
        ...['dispatchIntervalMs', 'engine', 'parallelism', 'multiplexing', 'cpuScheduling', 'invocations', 'latencyMs'],
        ...['batches', 'containers', 'cpuSeconds', 'multiplexer', 'replay', 'store'],
      ].sort(),
    );
    expect(members(summary.invocations)).toEqual(
      ['scheduled', 'dropped', 'rejected', 'ok', 'okAfterRetry', 'error', 'timeout', 'failed', 'lost'].sort(),
    );
    expect(members(summary.latencyMs)).toEqual(
      [
        ...['endToEnd', 'endToEndFromSent', 'scheduling', 'coldStart', 'coldStartOfCold', 'queueing', 'execution'],
        'batchCompletion',
      ].sort(),
    );
    expect(members(summary.latencyMs.endToEnd)).toEqual(['max', 'mean', 'p50', 'p95', 'p98', 'p99']);
    expect(summary.batches).toEqual({ count: 4, meanSize: 1.5, maxSize: 3 });
    expect(summary.cpuSeconds).toEqual({ replayer: 0.5, platform: 1, engine: 0, containers: 2, steal: null });
    expect(summary.replay.lagMs).toEqual({ p50: 1, p99: 1, max: 1 });
  });

  test('counts each end once, and success at the first attempt apart from later ones', () => {
    const summary = summaryOf([
      ['ok'],
      ['ok', { attempt: 2 }],
      ['error'],
      ['timeout'],
      ['failed'],
      ['rejected'],
      ['dropped'],
    ]);
    expect(summary.invocations).toEqual({
      scheduled: 7,
      dropped: 1,
      rejected: 1,
      ok: 1,
      okAfterRetry: 1,
      error: 1,
      timeout: 1,
      failed: 1,
      lost: 0,
    });
  });

  test('counts as lost what left no trace', () => {
    expect(summaryOf([['ok']], 3).invocations).toMatchObject({ scheduled: 3, ok: 1, lost: 2 });
  });

  test('takes cold starts over all invocations, and over those that waited for one', () => {
    const cold = { startKind: 'cold', containerStartRequestedAt: 0, containerReadyAt: 4 } as const;
    const { latencyMs } = summaryOf([['ok', cold], ['ok']]);
    expect(latencyMs.coldStart).toMatchObject({ mean: 1, max: 2 });
    expect(latencyMs.coldStartOfCold).toMatchObject({ mean: 2, max: 2 });
  });

  test('says null, not 0, where there is nothing to tell', () => {
    const summary = new SummaryBuilder(manifest).finish({});
    expect(summary.containers.started).toBeNull();
    expect(summary.latencyMs.endToEnd).toEqual({ mean: null, p50: null, p95: null, p98: null, p99: null, max: null });
  });
});

describe('the counters', () => {
  test('add up, however calls ended', () => {
    const status = fc.constantFrom<ClientStatus>('ok', 'error', 'timeout', 'failed', 'rejected', 'dropped', 'lost');
    fc.assert(
      fc.property(fc.array(status), fc.nat(5), (statuses, missing) => {
        const summary = summaryOf(
          statuses.map((each) => [each]),
          statuses.length + missing,
        );
        expect(accountingProblems(summary.invocations)).toEqual([]);
      }),
    );
  });

  test('that do not are told with their terms', () => {
    const { invocations } = summaryOf([['ok'], ['ok']], 1);
    expect(accountingProblems(invocations)).toEqual([
      expect.stringMatching(/ok 2 .*= 2, but 1 were scheduled: 1 too many/),
    ]);
    expect(accountingProblems({ ...invocations, ok: -1 })).toEqual([
      'ok is -1',
      expect.stringMatching(/= -1, but 1 were scheduled: 2 too few/),
    ]);
  });
});

test('runs are compared figure by figure, as ratios to the first', () => {
  const figures = compareSummaries([summaryOf([['ok'], ['ok']]), summaryOf([['ok']])]);
  expect(figures).toContainEqual({ name: 'invocations.ok', values: [2, 1], ratios: [1, 0.5] });
  expect(figures).toContainEqual({ name: 'latencyMs.endToEnd.p98', values: [21, 21], ratios: [1, 1] });
  expect(figures.find(({ name }) => name === 'invocations.lost')?.ratios).toEqual([null, null]);
  expect(figures.some(({ name }) => name === 'seed')).toBe(false);
});
