import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ClientRecord, PlatformRecord } from '../../src/protocol/record.ts';
import { createRunFolder, type NewRun, type RunFolder, type RunManifest } from '../../src/results/runFolder.ts';

/** A folder that is gone when the test has ended. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'faasbatch-results-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function newRun(settings: Partial<NewRun> = {}): NewRun {
  return {
    kind: 'replay',
    scheduled: null,
    queueTimeoutMs: 100_000,
    config: {},
    versions: { faasbatch: '0.0.0' },
    notes: [],
    trace: 'paper',
    traceDigest: 'd1',
    workload: 'cpu',
    workScale: { mode: 'calibrated', k: 2 },
    rho: 0.17,
    placement: 'uniform',
    seed: 5432,
    speed: 1,
    strategy: 'faasbatch',
    dispatchIntervalMs: 200,
    engine: 'process',
    parallelism: 'parallel',
    multiplexing: 'on',
    cpuScheduling: 'os',
    ...settings,
  };
}

export function newRunFolder(
  home: string,
  settings: Partial<NewRun> = {},
): Promise<{ folder: RunFolder; manifest: RunManifest }> {
  return createRunFolder(home, newRun(settings));
}

type RunTimes = Pick<RunManifest, 'runId' | 'epochAt'>;

/** Due at `sequence` ms, sent 1 ms late, answered 21 ms after it was due. */
export function clientRecord(run: RunTimes, sequence: number, changes: Partial<ClientRecord> = {}): ClientRecord {
  const dueAt = run.epochAt + sequence;
  return {
    invocationId: `${run.runId}:${sequence}`,
    sequence,
    function: `func${sequence % 3}`,
    scheduledAt: dueAt,
    sentAt: dueAt + 1,
    receivedAt: dueAt + 21,
    status: 'ok',
    httpStatus: 200,
    ...changes,
  };
}

/** Accepted 2 ms after it was due; waits 4 ms, queues 1, runs 10, and its batch holds it for 2. */
export function platformRecord(run: RunTimes, sequence: number, changes: Partial<PlatformRecord> = {}): PlatformRecord {
  const dueAt = run.epochAt + sequence;
  return {
    invocationId: `${run.runId}:${sequence}`,
    functionKey: `default/func${sequence % 3}@0123456789ab`,
    workerId: 'w1',
    status: 'ok',
    attempt: 1,
    acceptedAt: dueAt + 2,
    enqueuedAt: dueAt + 2.5,
    batchedAt: dueAt + 5,
    dispatchedAt: dueAt + 6,
    executionStartedAt: dueAt + 7,
    executionEndedAt: dueAt + 17,
    completedAt: dueAt + 19,
    batchId: 'b1',
    batchSize: 2,
    containerId: 'c1',
    startKind: 'warm',
    ...changes,
  };
}

export async function appendLines(path: string, records: readonly object[]): Promise<void> {
  await appendFile(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

/** Writes both halves of the calls from..to−1. */
export async function appendCalls(
  { folder, manifest }: { folder: RunFolder; manifest: RunManifest },
  from: number,
  to: number,
): Promise<void> {
  const sequences = Array.from({ length: to - from }, (_, index) => from + index);
  await appendLines(
    folder.platformRecords,
    sequences.map((sequence) => platformRecord(manifest, sequence)),
  );
  await appendLines(
    folder.clientRecords,
    sequences.map((sequence) => clientRecord(manifest, sequence)),
  );
}
