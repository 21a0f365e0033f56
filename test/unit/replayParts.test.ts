import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClientRecord } from '../../src/protocol/record.ts';
import { readAnswer } from '../../src/replay/answer.ts';
import { BodyWindow } from '../../src/replay/bodyWindow.ts';
import { type Calls, peakPerSecond } from '../../src/replay/calls.ts';
import { ClientLog } from '../../src/replay/clientLog.ts';
import { readPlan, requestDeadlineMs } from '../../src/replay/plan.ts';
import { Tally } from '../../src/replay/tally.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faasbatch-replay-unit-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, value: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

describe('readAnswer', () => {
  test('takes the code from the body', () => {
    const body = JSON.stringify({ error: { code: 'queue_timeout', message: 'waited 100 s', invocationId: 'r:1' } });
    expect(readAnswer(504, body)).toEqual({
      status: 'timeout',
      code: 'queue_timeout',
      message: 'waited 100 s',
      refusal: false,
    });
  });

  test('names the HTTP status where the body has no code', () => {
    for (const body of ['', 'Bad gateway', 'null', '{"error":"x"}', '{"error":{"code":7}}']) {
      expect(readAnswer(502, body)).toEqual({ status: 'failed', code: 'http_502', refusal: false });
    }
  });

  test('a fault of the platform is not the function’s', () => {
    expect(readAnswer(500, '{"error":{"code":"handler_error"}}').status).toBe('error');
    expect(readAnswer(500, '{"error":{"code":"internal"}}').status).toBe('failed');
    expect(readAnswer(501, '').status).toBe('failed');
  });

  test('what every call would be told is a refusal', () => {
    for (const status of [301, 400, 401, 403, 404, 405, 409, 415, 422]) {
      expect(readAnswer(status, '')).toMatchObject({ status: 'rejected', refusal: true });
    }
    for (const status of [200, 204, 413, 429, 500, 502, 503, 504]) expect(readAnswer(status, '').refusal).toBe(false);
  });
});

describe('BodyWindow', () => {
  test('gives each body once, in order, whether or not it was encoded ahead', () => {
    const bodies = new BodyWindow([{ event: { n: 1 } }, { event: 'text' }, { event: undefined }]);
    expect(bodies.take(0).toString()).toBe('{"n":1}');
    expect(bodies.fill()).toBe(false);
    expect(bodies.take(1).toString()).toBe('"text"');
    expect(bodies.take(2).toString()).toBe('null');
  });

  test('encodes no further ahead than it may hold, by number and by bytes', () => {
    const encoded = (text: string): number => {
      let count = 0;
      const toJSON = (): string => {
        count += 1;
        return text;
      };
      const event = { toJSON };
      const bodies = new BodyWindow(Array.from({ length: 10_000 }, () => ({ event })));
      while (bodies.fill());
      return count;
    };
    expect(encoded('small')).toBe(4_096);
    expect(encoded('x'.repeat(1024 * 1024))).toBe(32);
  });

  test('goes on as bodies are taken', () => {
    const bodies = new BodyWindow(Array.from({ length: 10_000 }, (_, event) => ({ event })));
    for (let index = 0; index < 10_000; index += 1) {
      bodies.fill();
      expect(bodies.take(index).toString()).toBe(String(index));
    }
    expect(bodies.fill()).toBe(false);
  });
});

test('peakPerSecond counts over any second, not over those of the clock', () => {
  const at = (...times: number[]): Calls =>
    times.map((atMs, sequence) => ({ sequence, atMs, function: 'f', event: null }));
  expect(peakPerSecond(at())).toBe(0);
  expect(peakPerSecond(at(0, 900, 1_000, 1_100, 1_899, 1_900))).toBe(4);
});

describe('readPlan', () => {
  const plan = {
    runId: 'r',
    target: 'http://127.0.0.1:8080/',
    schedulePath: 's',
    clientRecordsPath: 'c',
    requestDeadlineMs: 1,
    maxInFlight: 2,
    drainTimeoutMs: 3,
  };

  test('reads a plan, its target as an origin', async () => {
    const read = await readPlan(await write('p.json', plan));
    expect(read).toEqual({ ...plan, target: 'http://127.0.0.1:8080' });
  });

  test('names what is wrong', async () => {
    for (const wrong of [
      { target: 'ftp://x' },
      { target: 'x' },
      { maxInFlight: 0 },
      { runId: '' },
      { drainTimeoutMs: 'soon' },
    ]) {
      const path = await write('p.json', { ...plan, ...wrong });
      await expect(readPlan(path)).rejects.toThrow(`${path}: ${Object.keys(wrong)[0]} is`);
    }
    await expect(readPlan(await write('p.json', '['))).rejects.toThrow('p.json is not JSON');
    await expect(readPlan(join(folder, 'absent.json'))).rejects.toThrow('absent.json does not exist');
  });

  test('a request outlives all that the platform may take for it', () => {
    expect(requestDeadlineMs(100_000, 60_000)).toBe(230_000);
  });
});

describe('Tally', () => {
  test('counts, and forgets the recent lag once told', () => {
    const tally = new Tally(3);
    expect(tally.takeRecentLagMs()).toBeNull();
    tally.noteSent(1);
    tally.noteSent(3);
    tally.noteEnd('ok');
    tally.noteEnd('dropped');
    expect(tally.takeRecentLagMs()).toBe(3);
    expect(tally.takeRecentLagMs()).toBeNull();
    expect(tally.counts).toMatchObject({ scheduled: 3, sent: 2, ok: 1, dropped: 1, lost: 0 });
    expect(tally.lagMs).toEqual({ p50: 2, p99: expect.closeTo(2.98), max: 3 });
  });
});

describe('ClientLog', () => {
  const record = (sequence: number): ClientRecord => {
    return { invocationId: `r:${sequence}`, sequence, function: 'f', scheduledAt: 1.5, status: 'ok' };
  };
  const fail = (error: unknown): void => {
    throw error;
  };

  test('writes whole lines, after what the file holds', async () => {
    const path = await write('client.ndjson', '{"earlier":true}\n');
    const log = await ClientLog.open(path, fail);
    for (let sequence = 0; sequence < 1_000; sequence += 1) log.append(record(sequence));
    await Promise.all([log.close(), log.close()]);
    const lines = (await readFile(path, 'utf8')).split('\n');
    expect(lines).toHaveLength(1_002);
    expect(JSON.parse(String(lines[1_000]))).toEqual(record(999));
    expect(lines[1_001]).toBe('');
  });

  test('tells of a failed write at once, and at the end that records are missing', async () => {
    const failed = new Promise((resolve) => {
      void ClientLog.open('/dev/full', resolve).then(async (log) => {
        log.append(record(0));
        await failed;
        await expect(log.close()).rejects.toThrow('ENOSPC');
      });
    });
    expect(await failed).toMatchObject({ code: 'ENOSPC' });
  });
});
