import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { writeJsonFile } from '../../src/lib/jsonFile.ts';
import { processStartTime } from '../../src/lib/processIdentity.ts';
import { compareRuns } from '../../src/results/compare.ts';
import { ensureEmbeddedStore } from '../../src/results/embedded/control.ts';
import { exportInvocations } from '../../src/results/exportInvocations.ts';
import { Feeder } from '../../src/results/feeder.ts';
import { importRun } from '../../src/results/importRun.ts';
import type { InvocationDocument } from '../../src/results/invocationDocument.ts';
import { openStore } from '../../src/results/openStore.ts';
import { invocationsOf, listRuns, query, removeRun, showRun } from '../../src/results/queries.ts';
import { Recorder } from '../../src/results/recorder.ts';
import { storeRun } from '../../src/results/runDocument.ts';
import { type RunFolder, type RunManifest, readSummary } from '../../src/results/runFolder.ts';
import { ResultStore } from '../../src/results/store.ts';
import { StoreAddress } from '../../src/results/storeAddress.ts';
import { summariseRun } from '../../src/results/summarise.ts';
import { ownStore } from '../helpers/embeddedStore.ts';
import {
  appendCalls,
  appendLines,
  clientRecord,
  newRunFolder,
  platformRecord,
  temporaryFolder,
} from '../helpers/resultRecords.ts';

const own = ownStore();
let store: ResultStore;

beforeAll(async () => {
  store = await openStore(own.settings);
});

afterAll(() => own.dispose());

async function stored(run: { manifest: RunManifest }): Promise<InvocationDocument[]> {
  const documents: InvocationDocument[] = [];
  for await (const document of invocationsOf(store, run.manifest)) documents.push(document);
  return documents.sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
}

async function text(pieces: AsyncIterable<string>): Promise<string> {
  let whole = '';
  for await (const piece of pieces) whole += piece;
  return whole;
}

/** A run in the store, with its summary. */
async function finishedRun(
  settings: Parameters<typeof newRunFolder>[1],
  calls: number,
): Promise<{ folder: RunFolder; manifest: RunManifest }> {
  const run = await newRunFolder(temporaryFolder(), { scheduled: calls, ...settings });
  await appendCalls(run, 0, calls);
  expect(await importRun(store, run.folder.path)).toMatchObject({ delivered: calls, undelivered: 0, problem: null });
  return run;
}

describe('feeding a run', () => {
  test('stores invocations while they are being written, and the rest at the end', async () => {
    const run = await newRunFolder(temporaryFolder(), { scheduled: 1_300 });
    const feeder = new Feeder({ ...run, store });
    feeder.start();
    await appendCalls(run, 0, 1_200);
    await vi.waitFor(async () => expect(await stored(run)).toHaveLength(1_200), { timeout: 10_000 });
    expect((await showRun(store, run.manifest.runId)).summary).toBeNull();
    await appendCalls(run, 1_200, 1_298);
    await appendLines(run.folder.clientRecords, [clientRecord(run.manifest, 1_298)]);
    await appendLines(run.folder.platformRecords, [platformRecord(run.manifest, 1_299)]);
    expect(await feeder.drain()).toEqual({ delivered: 1_300, undelivered: 0, problem: null });
    expect(await feeder.drain()).toMatchObject({ delivered: 1_300 });
    const documents = await stored(run);
    expect(documents).toHaveLength(1_300);
    expect(documents.filter(({ status }) => status === 'lost')).toHaveLength(2);
  });

  test('loses nothing when the store is killed in the middle', async () => {
    const run = await newRunFolder(temporaryFolder());
    const told: string[] = [];
    const feeder = new Feeder({
      ...run,
      store,
      onOutage: ({ code }) => told.push(code),
      onRecovery: () => told.push('recovered'),
    });
    feeder.start();
    await appendCalls(run, 0, 700);
    await vi.waitFor(() => expect(feeder.delivered).toBeGreaterThan(0), { timeout: 10_000, interval: 1 });
    await own.kill();
    await appendCalls(run, 700, 3_000);
    await vi.waitFor(() => expect(told).toContain('recovered'), { timeout: 20_000 });
    expect(await feeder.drain()).toMatchObject({ undelivered: 0, problem: null });
    expect((await stored(run)).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
    expect(told).toEqual(['store_unreachable', 'recovered']);
  });

  test('says how to deliver what could not be, and that works', async () => {
    const gone = createServer();
    await once(gone.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    gone.close();
    const run = await newRunFolder(temporaryFolder(), { scheduled: 5 });
    const feeder = new Feeder({ ...run, store: new ResultStore(new StoreAddress({ url })) });
    feeder.start();
    await appendCalls(run, 0, 5);
    const report = await feeder.drain(300);
    expect(report).toMatchObject({ delivered: 0, undelivered: 5 });
    expect(report.problem).toContain(`5 of 5 invocations are not in CouchDB (CouchDB at ${url} does not answer: `);
    expect(report.problem).toContain(`faasbatch results import ${run.folder.path}`);
    expect(await importRun(store, run.folder.path)).toMatchObject({
      delivered: 5,
      summary: { invocations: { ok: 5, lost: 0 } },
    });
    expect(await stored(run)).toHaveLength(5);
  });

  test('does not wait for what waiting cannot mend', async () => {
    const fussy = createServer((_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"unauthorized","reason":"no"}');
    });
    await once(fussy.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      fussy.close();
    });
    const url = `http://me:s3cret@127.0.0.1:${(fussy.address() as AddressInfo).port}`;
    const run = await newRunFolder(temporaryFolder());
    await appendCalls(run, 0, 3);
    const { problem, undelivered } = await new Feeder({
      ...run,
      store: new ResultStore(new StoreAddress({ url })),
    }).drain();
    expect(undelivered).toBe(3);
    expect(problem).toContain('check the user and the password');
    expect(problem).not.toContain('s3cret');
  });

  test('delivers the segments of `up`, and removes them', async () => {
    const run = await newRunFolder(temporaryFolder(), { kind: 'up' });
    const onError = (error: unknown): never => {
      throw error;
    };
    const recorder = await Recorder.toSegments(run.folder.segments, { onError });
    const feeder = new Feeder({ ...run, store });
    feeder.start();
    for (let sequence = 0; sequence < 10; sequence += 1) {
      recorder.record(platformRecord(run.manifest, sequence, { invocationId: `call-${sequence}` }));
    }
    await vi.waitFor(async () => expect(await stored(run)).toHaveLength(10), { timeout: 10_000 });
    recorder.record(platformRecord(run.manifest, 10, { invocationId: 'call-10' }));
    await recorder.close();
    expect(await feeder.drain()).toEqual({ delivered: 11, undelivered: 0, problem: null });
    expect(await readdir(run.folder.segments)).toEqual([]);
    expect((await stored(run)).map(({ status }) => status)).toEqual(Array.from({ length: 11 }, () => 'ok'));
    expect(await query(store, { where: `runId=${run.manifest.runId}`, stats: ['count'] })).toMatchObject({
      rows: [{ invocations: 11 }],
    });
  });
});

describe('importing', () => {
  test('twice changes nothing', async () => {
    const run = await finishedRun({}, 20);
    const before = await stored(run);
    expect(await importRun(store, run.folder.path)).toMatchObject({ delivered: 20, undelivered: 0 });
    expect(await stored(run)).toEqual(before);
  });

  test('adds up a run that never was, and keeps the summary of one that was', async () => {
    const run = await newRunFolder(temporaryFolder(), { scheduled: 4 });
    await appendCalls(run, 0, 3);
    const { summary } = await importRun(store, run.folder.path);
    expect(summary?.invocations).toMatchObject({ scheduled: 4, ok: 3, lost: 1 });
    expect(summary?.store).toEqual({ url: store.url, database: 'faasbatch', documents: 3 });
    expect(await readSummary(run.folder)).toEqual(summary);
    expect((await showRun(store, run.manifest.runId)).summary).toEqual(summary);
  });

  test('refuses a run that is under way, and what is no run', async () => {
    const run = await newRunFolder(temporaryFolder());
    const owner = { pid: process.ppid, startTime: processStartTime(process.ppid) };
    await writeJsonFile(run.folder.manifest, { ...run.manifest, owner });
    await expect(importRun(store, run.folder.path)).rejects.toThrow(`is still under way (pid ${process.ppid})`);
    await expect(importRun(store, temporaryFolder())).rejects.toThrow('is no run folder');
  });
});

describe('questions', () => {
  const trace = `questions-${process.pid}`;
  const ids: string[] = [];

  beforeAll(async () => {
    for (const [strategy, dispatchIntervalMs, calls] of [
      ['vanilla', null, 10],
      ['faasbatch', 200, 20],
      ['faasbatch', 50, 30],
    ] as const) {
      const run = await newRunFolder(own.settings.home, { trace, strategy, dispatchIntervalMs, scheduled: calls });
      await appendCalls(run, 0, calls - 1);
      const slow = clientRecord(run.manifest, calls - 1);
      await appendLines(run.folder.clientRecords, [
        { ...slow, status: 'error', code: 'handler_error', receivedAt: slow.scheduledAt + calls * 100 },
      ]);
      await appendLines(run.folder.platformRecords, [platformRecord(run.manifest, calls - 1, { status: 'error' })]);
      await importRun(store, run.folder.path);
      ids.push(run.manifest.runId);
    }
  });

  test('runs are listed and shown; a misspelt one is suggested', async () => {
    const runs = (await listRuns(store)).filter((run) => run.trace === trace);
    expect(runs.map(({ runId }) => runId)).toEqual([...ids].sort());
    const [id = ''] = ids;
    expect(await showRun(store, id)).toMatchObject({
      runId: id,
      strategy: 'vanilla',
      summary: { invocations: { ok: 9, error: 1 } },
    });
    await expect(showRun(store, `${id.slice(0, -1)}0`)).rejects.toThrow(`is stored. Did you mean "${id}"?`);
  });

  test('group by settings, filter, and have exact percentiles', async () => {
    const answer = await query(store, {
      where: `trace=${trace}`,
      groupBy: ['strategy', 'dispatchIntervalMs'],
      stats: ['count', 'mean', 'p98', 'max'],
    });
    expect(answer).toMatchObject({ metric: 'endToEnd', groupBy: ['strategy', 'dispatchIntervalMs'] });
    expect(
      answer.rows.map(({ group, invocations }) => [group['strategy'], group['dispatchIntervalMs'], invocations]),
    ).toEqual([
      ['faasbatch', 50, 30],
      ['faasbatch', 200, 20],
      ['vanilla', null, 10],
    ]);
    const vanilla = answer.rows[2]?.values;
    expect(vanilla?.['mean']).toBeCloseTo((9 * 21 + 1_000) / 10, 9);
    expect(vanilla?.['p98']).toBeCloseTo(21 + 0.82 * 979, 9);
    const slow = await query(store, {
      where: `trace=${trace},status!=ok,endToEnd>1.5s`,
      groupBy: ['code'],
      metric: 'execution',
    });
    expect(slow.rows).toMatchObject([{ group: { code: 'handler_error' }, invocations: 2, values: { p50: 10 } }]);
    expect((await query(store, { where: 'trace=none' })).rows).toEqual([]);
  });

  test('agree with the summary of the run', async () => {
    const [id = ''] = ids;
    const { summary } = await showRun(store, id);
    const { rows } = await query(store, { where: `runId=${id}`, stats: ['mean', 'p50', 'p95', 'p98', 'p99', 'max'] });
    expect(rows[0]?.values).toEqual(summary?.latencyMs.endToEnd);
  });

  test('that make no sense are refused before anything is read', async () => {
    await expect(query(store, { groupBy: ['strategi'] })).rejects.toThrow('Did you mean "strategy"?');
    await expect(query(store, { metric: 'function' })).rejects.toThrow('metric "function" is text');
    await expect(query(store, { stats: ['median'] })).rejects.toThrow('statistic "median" must be one of');
  });

  test('runs are compared with the first', async () => {
    const { figures } = await compareRuns(store, ids);
    expect(figures).toContainEqual({ name: 'invocations.scheduled', values: [10, 20, 30], ratios: [1, 2, 3] });
    await expect(compareRuns(store, [...ids, 'nope'])).rejects.toThrow('no run "nope" is stored');
    const unfinished = await newRunFolder(temporaryFolder());
    await storeRun(store, unfinished.manifest, null);
    await expect(compareRuns(store, [unfinished.manifest.runId])).rejects.toThrow('has no summary');
  });

  test('invocations are exported as CSV and JSON', async () => {
    const where = `trace=${trace},strategy=vanilla`;
    const [header, ...lines] = (await text(exportInvocations(store, 'csv', where))).trim().split('\n');
    expect(header).toMatch(
      /^runId,trace,.*endToEnd,endToEndFromSent,scheduling,coldStart,queueing,execution,batchCompletion$/,
    );
    expect(lines).toHaveLength(10);
    expect(lines.every((line) => line.split(',').length === header?.split(',').length)).toBe(true);
    const documents = JSON.parse(await text(exportInvocations(store, 'json', where))) as object[];
    expect(documents).toHaveLength(10);
    expect(documents[0]).toMatchObject({ type: 'invocation', latencyMs: { endToEnd: 21 } });
    expect(JSON.parse(await text(exportInvocations(store, 'json', 'trace=none')))).toEqual([]);
  });

  test('a run is removed with all that is stored of it, and can be imported again', async () => {
    const run = await finishedRun({}, 1_234);
    expect(await removeRun(store, run.manifest.runId)).toBe(1_235);
    expect(await stored(run)).toEqual([]);
    await expect(removeRun(store, run.manifest.runId)).rejects.toThrow('no run');
    expect(await importRun(store, run.folder.path)).toMatchObject({ delivered: 1_234, undelivered: 0 });
    expect(await stored(run)).toHaveLength(1_234);
    expect(await summariseRun(run.folder, run.manifest)).toMatchObject({ invocations: { ok: 1_234 } });
  });
});

test('the embedded store is there for whoever asks first', async () => {
  expect((await ensureEmbeddedStore(own.settings)).url).toBe((await openStore(own.settings)).url);
});
