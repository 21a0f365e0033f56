import { describe, expect, test } from 'vitest';
import { looksLike } from '../../src/cli/eventInput.ts';
import type { Answer } from '../../src/cli/gatewayClient.ts';
import { answeredError, connectionError } from '../../src/cli/gatewayErrors.ts';
import { Output } from '../../src/cli/output.ts';
import { readTiming, timingText } from '../../src/cli/timing.ts';
import { logLineText } from '../../src/cli/up/serverLog.ts';
import { resolveConfig } from '../../src/config/resolve.ts';

const URL_OF_WORKER = 'http://127.0.0.1:8080';
const plain = (_: string, text: string): string => text;

function answer(status: number, body: unknown, headers: Answer['headers'] = {}): Answer {
  return { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
}

describe('what an event looks like', () => {
  test.each([
    ['{"a": 1}', 'application/json'],
    ['12', 'application/json'],
    ['', 'application/json'],
    ['hello', 'text/plain; charset=utf-8'],
    ['{"a": ', 'text/plain; charset=utf-8'],
    [Buffer.from([0xff, 0xd8]), 'application/octet-stream'],
  ])('%j: %s', (content, expected) => {
    expect(looksLike(Buffer.from(content))).toBe(expected);
  });
});

describe('timing', () => {
  test('is read from server-timing', () => {
    const header = 'scheduling;dur=200.5, cold;dur=40, queueing;dur=1.25, execution;dur=20, total;dur=222';
    expect(readTiming(header, 230)).toEqual({
      schedulingMs: 200.5,
      coldStartMs: 40,
      queueingMs: 1.25,
      executionMs: 20,
      totalMs: 222,
      roundTripMs: 230,
    });
  });

  test('has only the stages that were reached', () => {
    expect(readTiming('total;dur=5', 6)).toEqual({ totalMs: 5, roundTripMs: 6 });
    expect(readTiming('rejected;desc="queue_full"', 6)).toEqual({ roundTripMs: 6 });
  });

  test('is drawn as parts of the round trip, which they add up to', () => {
    const timing = { schedulingMs: 60, coldStartMs: 40, queueingMs: 0, executionMs: 25, totalMs: 90, roundTripMs: 100 };
    expect(timingText(timing, plain).split('\n')).toEqual([
      '  scheduling        60.0 ms  ██████████████████ of it cold start 40.0 ms',
      '  queueing          0.00 ms',
      '  execution         25.0 ms  ████████',
      '  completion        5.00 ms  ██',
      '  there and back    10.0 ms  ███',
      '  together           100 ms',
    ]);
    expect(timingText({ totalMs: 90, roundTripMs: 100 }, plain)).toMatch(/^ {2}waiting +90\.0 ms/);
  });
});

describe('what a gateway answers', () => {
  test('becomes the error that it threw, with its details', () => {
    const body = { error: { code: 'queue_full', message: 'full', limit: 'maxQueueLength', invocationId: 'a' } };
    const error = answeredError(URL_OF_WORKER, answer(429, body, { 'retry-after': '1' }));
    expect(error).toMatchObject({
      code: 'queue_full',
      message: 'full',
      details: { limit: 'maxQueueLength', invocationId: 'a', hint: 'try again in 1 s' },
    });
  });

  test('with a code of another version is an error all the same', () => {
    for (const code of ['of_the_future', 'toString']) {
      expect(answeredError(URL_OF_WORKER, answer(500, { error: { code, message: 'x' } })).code).toBe('internal');
    }
  });

  test('points at the list only where no name was suggested', () => {
    const hintOf = (message: string) =>
      answeredError(URL_OF_WORKER, answer(404, { error: { code: 'function_not_found', message } })).details['hint'];
    expect(hintOf('no function "x" is deployed.')).toContain('function list');
    expect(hintOf('no function "ecko" is deployed. Did you mean "echo"?')).toBeUndefined();
  });

  test.each(['<html>', '{}', '{"error": "no"}', '{"error": {"code": 1}}', 'null'])('%s is not ours', (body) => {
    expect(answeredError(URL_OF_WORKER, answer(404, body)).code).toBe('not_a_worker');
  });

  test.each([
    ['ECONNREFUSED', 'worker_unreachable', /no worker answers at .*: oh/],
    ['ECONNRESET', 'worker_unreachable', /hung up before it answered \(oh\)/],
    ['UND_ERR_SOCKET', 'worker_unreachable', /hung up/],
    ['HPE_INVALID_CONSTANT', 'not_a_worker', /no faasbatch worker/],
  ])('or not at all (%s)', (code, expected, message) => {
    const error = connectionError(URL_OF_WORKER, Object.assign(new Error('oh'), { code }));
    expect(error.code).toBe(expected);
    expect(error.message).toMatch(message);
  });
});

describe('where commands find their worker', () => {
  const config = (environment: NodeJS.ProcessEnv) => resolveConfig({ folder: '/', environment });

  test('is FAASBATCH_URL, else the default port of this machine', () => {
    expect(config({}).client.url).toBe(URL_OF_WORKER);
    expect(config({ FAASBATCH_URL: 'http://elsewhere:1' }).client.url).toBe('http://elsewhere:1');
    expect(() => config({ FAASBATCH_URL: 'elsewhere:1' })).toThrow('client.url: "elsewhere:1" must be');
  });

  test('and its key is known to no other role, and never shown', () => {
    const { client, worker, settings } = config({ FAASBATCH_API_KEY: 'hunter2' });
    expect(client.apiKey).toBe('hunter2');
    expect(JSON.stringify(worker)).not.toContain('hunter2');
    expect(JSON.stringify(settings.map(({ shown }) => shown))).not.toContain('hunter2');
  });
});

describe('output that is not text', () => {
  test('goes out as it is, with a line end on terminals only', () => {
    for (const [isTTY, content, expected] of [
      [false, 'x', ['x']],
      [true, 'x', ['x', '\n']],
      [true, 'x\n', ['x\n']],
      [true, '', ['']],
    ] as const) {
      const written: string[] = [];
      const stream = { isTTY, write: (part: string | Uint8Array) => written.push(Buffer.from(part).toString()) };
      const output = new Output({ json: false, quiet: false, stdout: stream, stderr: stream, environment: {} });
      output.bytes(Buffer.from(content));
      expect(written).toEqual(expected);
    }
  });
});

describe("a server's log on a terminal", () => {
  test('has one line a message, with its fields; of an error its stack', () => {
    const time = new Date(2026, 0, 2, 3, 4, 5).getTime();
    const line = JSON.stringify({ level: 40, time, signal: 'SIGINT', msg: 'draining' });
    expect(logLineText(line, plain)).toBe('03:04:05  warn   draining  signal="SIGINT"');
    const failed = JSON.stringify({
      level: 50,
      time,
      err: { message: 'x', stack: 'Error: x\n    at y' },
      msg: 'failed',
    });
    expect(logLineText(failed, plain)).toBe('03:04:05  error  failed\nError: x\n    at y');
  });
});
