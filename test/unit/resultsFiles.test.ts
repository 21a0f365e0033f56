import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { processStartTime } from '../../src/lib/processIdentity.ts';
import type { PlatformRecord } from '../../src/protocol/record.ts';
import { NdjsonTail, readNdjson } from '../../src/results/ndjsonTail.ts';
import { Recorder } from '../../src/results/recorder.ts';
import type { RecordSink } from '../../src/results/recordSink.ts';
import { SegmentSource } from '../../src/results/recordSource.ts';
import {
  listRunFolders,
  ownerAtWork,
  readRunManifest,
  removeRunFolder,
  runFolderOf,
} from '../../src/results/runFolder.ts';
import { isRunId, makeRunId } from '../../src/results/runId.ts';
import { listSegments, SegmentSink } from '../../src/results/segments.ts';
import { summariseRun } from '../../src/results/summarise.ts';
import {
  appendCalls,
  appendLines,
  clientRecord,
  newRunFolder,
  platformRecord,
  temporaryFolder,
} from '../helpers/resultRecords.ts';

const times = { runId: 'r1', epochAt: 0 };
const onError = (error: unknown): never => {
  throw error;
};

function linesOf(path: string): Promise<PlatformRecord[]> {
  return collect(readNdjson<PlatformRecord>(path));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe('reading a file that grows', () => {
  test('waits with a line that is not whole yet', async () => {
    const path = join(temporaryFolder(), 'a.ndjson');
    const tail = new NdjsonTail<{ n: number }>(path);
    expect(await tail.next()).toBeUndefined();
    await writeFile(path, '{"n":1}\n{"n":');
    expect(await tail.next()).toEqual([{ n: 1 }]);
    await appendFile(path, '2}\n');
    expect(await tail.next()).toEqual([{ n: 2 }]);
    expect(await tail.next()).toBeUndefined();
    await tail.close();
    await tail.close();
  });

  test('passes over a line that is no JSON, and never reads one that was cut off', async () => {
    const path = join(temporaryFolder(), 'a.ndjson');
    await writeFile(path, '{"n":1}\nnonsense\n{"n":3}\n{"n":4');
    const tail = new NdjsonTail<{ n: number }>(path);
    expect(await tail.next()).toEqual([{ n: 1 }, { n: 3 }]);
    expect(tail.malformed).toBe(1);
    expect(await tail.next()).toBeUndefined();
    await tail.close();
  });

  test('keeps characters whole that fall on the border of two chunks', async () => {
    const path = join(temporaryFolder(), 'a.ndjson');
    const texts = Array.from({ length: 400 }, (_, index) => 'ü€😀'.repeat(200 + (index % 7)));
    await writeFile(path, texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
    expect(await collect(readNdjson<string>(path))).toEqual(texts);
  });
});

describe('the recorder', () => {
  test('writes what was recorded, in order', async () => {
    const path = join(temporaryFolder(), 'platform.ndjson');
    const recorder = await Recorder.toFile(path, { onError });
    for (let sequence = 0; sequence < 2_500; sequence += 1) recorder.record(platformRecord(times, sequence));
    await recorder.flush();
    expect((await linesOf(path)).map(({ invocationId }) => invocationId)).toEqual(
      Array.from({ length: 2_500 }, (_, sequence) => `r1:${sequence}`),
    );
    recorder.record(platformRecord(times, 9_999));
    await recorder.close();
    await recorder.close();
    expect((await linesOf(path)).at(-1)?.invocationId).toBe('r1:9999');
    expect(() => recorder.record(platformRecord(times, 1))).toThrow('closed');
  });

  test('writes without being told to', async () => {
    const path = join(temporaryFolder(), 'platform.ndjson');
    const recorder = await Recorder.toFile(path, { onError });
    recorder.record(platformRecord(times, 1));
    await vi.waitFor(async () => expect(await linesOf(path)).toHaveLength(1));
    await recorder.close();
  });

  test('gathers what comes while a write is under way, and loses nothing when writes fail', async () => {
    const written: string[] = [];
    const errors: unknown[] = [];
    let failures = 2;
    const sink: RecordSink = {
      write: async (lines) => {
        await new Promise((resolve) => setImmediate(resolve));
        failures -= 1;
        if (failures >= 0) throw new Error('no space left');
        written.push(lines.toString());
      },
      close: async () => {},
    };
    const recorder = new Recorder(sink, { onError: (error) => errors.push(error) });
    for (let sequence = 0; sequence < 1_200; sequence += 1) recorder.record(platformRecord(times, sequence));
    await vi.waitFor(() => expect(written.join('').split('\n')).toHaveLength(1_201));
    expect(errors).toHaveLength(2);
    expect(written).toHaveLength(1);
    await recorder.close();
  });
});

describe('segments', () => {
  test('are begun anew when one is full, and go on behind those that are there', async () => {
    const folder = temporaryFolder();
    for (const round of [0, 1]) {
      const sink = await SegmentSink.open(folder, 10);
      await sink.write(Buffer.from('"0123456789"\n'));
      await sink.write(Buffer.from(`"${round}"\n`));
      await sink.close();
    }
    const names = (await listSegments(folder)).map((path) => path.slice(folder.length + 1));
    expect(names).toEqual(['000000000.ndjson', '000000001.ndjson', '000000002.ndjson', '000000003.ndjson']);
  });

  test('are removed once delivered, the last one only when its writer has ended', async () => {
    const { folder, manifest } = await newRunFolder(temporaryFolder(), { kind: 'up' });
    const sink = await SegmentSink.open(folder.segments, 10);
    for (const sequence of [1, 2])
      await sink.write(Buffer.from(`${JSON.stringify(platformRecord(manifest, sequence))}\n`));
    const source = new SegmentSource(folder, manifest);
    const read: string[] = [];
    for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
      read.push(...chunk.map(({ _id }) => _id));
    }
    expect(read).toEqual([`inv:${manifest.runId}:1`, `inv:${manifest.runId}:2`]);
    await source.delivered();
    expect(await listSegments(folder.segments)).toHaveLength(1);
    await sink.close();
    expect([...source.finish()]).toEqual([]);
    await source.delivered();
    await source.close();
    expect(await listSegments(folder.segments)).toEqual([]);
  });
});

describe('run folders', () => {
  test('ids sort by time, tell the strategy and are safe in names', () => {
    const id = makeRunId('Vanilla/Original', new Date('2026-11-21T02:03:12.999Z'));
    expect(id).toMatch(/^20261121-020312-vanilla-original-[0-9a-z]{4}$/);
    expect(isRunId(id)).toBe(true);
    for (const bad of ['', '../x', 'a:b', 'A', 'a/b', '.']) expect(isRunId(bad)).toBe(false);
    expect(() => runFolderOf('/h', '../../etc')).toThrow('"../../etc" is no run id');
  });

  test('are made, listed, read and removed', async () => {
    const home = temporaryFolder();
    const { folder, manifest } = await newRunFolder(home, { strategy: 'vanilla' });
    await mkdir(join(home, 'runs', 'not-a-run'));
    expect((await listRunFolders(home)).map(({ runId }) => runId)).toEqual([manifest.runId]);
    expect(await readRunManifest(folder)).toEqual(manifest);
    expect(manifest).toMatchObject({
      strategy: 'vanilla',
      owner: { pid: process.pid },
      versions: { faasbatch: '0.0.0' },
    });
    expect(manifest.versions['node']).toBe(process.versions.node);
    await removeRunFolder(folder);
    expect(await readdir(join(home, 'runs'))).toEqual(['not-a-run']);
    await expect(readRunManifest(folder)).rejects.toThrow('is no run folder: it has no run.json');
  });

  test('say who may still be writing to them', async () => {
    const { folder, manifest } = await newRunFolder(temporaryFolder());
    expect(await ownerAtWork(folder, manifest)).toBeUndefined();
    const pid = process.ppid;
    const startTime = processStartTime(pid) ?? '';
    expect(await ownerAtWork(folder, { ...manifest, owner: { pid, startTime } })).toBe(pid);
    expect(await ownerAtWork(folder, { ...manifest, owner: { pid, startTime: 'another' } })).toBeUndefined();
  });

  test('are added up from their files alone, half-written lines and missing halves included', async () => {
    const run = await newRunFolder(temporaryFolder(), { scheduled: 6 });
    await appendCalls(run, 0, 3);
    await appendLines(run.folder.clientRecords, [clientRecord(run.manifest, 3), clientRecord(run.manifest, 4)]);
    await appendFile(run.folder.platformRecords, JSON.stringify(platformRecord(run.manifest, 3)));
    const summary = await summariseRun(run.folder, run.manifest);
    expect(summary.invocations).toMatchObject({ scheduled: 6, ok: 3, lost: 3 });
    expect(summary.latencyMs.endToEnd).toMatchObject({ p50: 21, max: 21 });
  });
});
