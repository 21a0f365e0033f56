import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findFolder } from '../../src/cli/results/findFolder.ts';
import { writeFilePieces, writePieces } from '../../src/cli/results/writePieces.ts';
import { newRunFolder } from '../helpers/resultRecords.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faasbatch-export-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function* pieces(count: number, onPiece: (index: number) => void = () => undefined): AsyncGenerator<string> {
  for (let index = 0; index < count; index += 1) {
    onPiece(index);
    yield `${index}\n`;
  }
}

const never = new AbortController().signal;

describe('writing to a stream', () => {
  test('leaves it open', async () => {
    const stream = new PassThrough({ encoding: 'utf8' });
    expect(await writePieces(pieces(3), stream)).toBe(true);
    expect(stream.read()).toBe('0\n1\n2\n');
    expect(stream.writable).toBe(true);
  });

  test('goes no faster than it is read', async () => {
    let made = 0;
    const stream = new PassThrough({ encoding: 'utf8', highWaterMark: 64 });
    const written = writePieces(
      pieces(10_000, () => {
        made += 1;
      }),
      stream,
    );
    await new Promise((resolve) => stream.once('readable', resolve));
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThan(500);
    stream.resume();
    expect(await written).toBe(true);
    expect(made).toBe(10_000);
  });

  test('ends when the reader goes away, and stops reading then', async () => {
    let made = 0;
    const stream = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => done(made > 5 ? Object.assign(new Error('gone'), { code: 'EPIPE' }) : null),
    });
    const endless = pieces(Number.POSITIVE_INFINITY, () => {
      made += 1;
    });
    expect(await writePieces(endless, stream)).toBe(false);
    expect((await endless.next()).done).toBe(true);
  });

  test('passes on what goes wrong where the pieces come from', async () => {
    const broken = pieces(3, (index) => {
      if (index === 2) throw new Error('store is gone');
    });
    await expect(writePieces(broken, new PassThrough())).rejects.toThrow('store is gone');
  });
});

describe('writing to a file', () => {
  test('puts it there whole', async () => {
    const path = join(folder, 'all.csv');
    writeFileSync(path, 'what was there');
    const written = pieces(3, () => expect(readFileSync(path, 'utf8')).toBe('what was there'));
    expect(await writeFilePieces(written, path, never)).toBe(6);
    expect(readFileSync(path, 'utf8')).toBe('0\n1\n2\n');
    expect(readdirSync(folder)).toEqual(['all.csv']);
  });

  test('leaves nothing behind when it is broken off', async () => {
    const stop = new AbortController();
    const endless = pieces(Number.POSITIVE_INFINITY, (index) => {
      if (index === 1_000) stop.abort();
    });
    await expect(writeFilePieces(endless, join(folder, 'all.csv'), stop.signal)).rejects.toThrow('aborted');
    const broken = pieces(3, (index) => {
      if (index === 2) throw new Error('store is gone');
    });
    await expect(writeFilePieces(broken, join(folder, 'all.csv'), never)).rejects.toThrow('store is gone');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('says why it cannot', async () => {
    const path = join(folder, 'no', 'all.csv');
    await expect(writeFilePieces(pieces(1), path, never)).rejects.toThrow(
      expect.objectContaining({
        code: 'usage',
        message: `--out ${path} cannot be written: ENOENT: no such file or directory`,
      }),
    );
    await mkdir(join(folder, 'dir', 'inside'), { recursive: true });
    await expect(writeFilePieces(pieces(1), join(folder, 'dir'), never)).rejects.toThrow('cannot be written');
    expect(readdirSync(folder)).toEqual(['dir']);
  });
});

describe('a run folder is found', () => {
  test('by its path or its id; a misspelt one suggests', async () => {
    const { folder: run } = await newRunFolder(folder);
    expect(await findFolder(run.path, '/', folder)).toBe(run.path);
    expect(await findFolder(`runs/${run.runId}`, folder, '/nowhere')).toBe(run.path);
    expect(await findFolder(run.runId, '/', folder)).toBe(run.path);
    const misspelt = run.runId.replace('faasbatch', 'fasbatch');
    await expect(findFolder(misspelt, '/', folder)).rejects.toThrow(
      expect.objectContaining({ code: 'run_not_found', details: { hint: `did you mean ${run.path}?` } }),
    );
    await expect(findFolder(folder, '/', folder)).rejects.toThrow('is no run folder: it has no run.json');
  });
});
