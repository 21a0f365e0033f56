import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLI_PATH, cleanEnvironment } from '../helpers/cli.ts';
import { TestHome } from '../helpers/replayCli.ts';
import { UpWorker } from '../helpers/upWorker.ts';

/** Says what it was given, and does what it is told. */
const HANDLER = `export default async function (event) {
  if (event?.fail) throw new TypeError('no ' + event.fail);
  if (event?.bytes) return Buffer.from([0, 255, 10, 128]);
  return { type: Buffer.isBuffer(event) ? 'bytes' : typeof event, event: Buffer.isBuffer(event) ? [...event] : event };
}
`;

interface Told {
  readonly status: string;
  readonly invocationId: string;
  readonly timing: Readonly<Record<string, number>>;
  readonly why?: string;
  readonly result?: unknown;
  readonly resultBase64?: string;
  readonly contentType?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

let home: TestHome;
let worker: UpWorker;
let folder = '';

beforeAll(async () => {
  home = await TestHome.create();
  worker = await UpWorker.start(home, '--no-store');
  folder = mkdtempSync(join(tmpdir(), 'faasbatch-invoke-'));
  writeFileSync(join(folder, 'function.yaml'), 'name: told\nhandler: handler.mjs\n');
  writeFileSync(join(folder, 'handler.mjs'), HANDLER);
  await worker.json('function', 'deploy', folder);
  await worker.json('function', 'deploy', 'echo');
  await worker.json('function', 'deploy', 'sleep');
});

afterAll(async () => {
  await worker.stop();
  await home.remove();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Through a shell, for pipes as people make them. */
function shell(script: string): Buffer {
  const { url } = worker.told;
  return execFileSync('sh', ['-c', script], {
    maxBuffer: 16 * 2 ** 20,
    env: { ...cleanEnvironment(), FAASBATCH_URL: url, FB: `${process.execPath} ${CLI_PATH}` },
  });
}

describe('the event of invoke', () => {
  test('is JSON, text, what a file holds, or nothing', async () => {
    for (const [flags, expected] of [
      [['--data', '{"a": 1}'], { type: 'object', event: { a: 1 } }],
      [['--text', '{"a": 1}'], { type: 'string', event: '{"a": 1}' }],
      [['--file', file('event.json', '[1]')], { type: 'object', event: [1] }],
      [['--file', file('event.txt', '[1]')], { type: 'string', event: '[1]' }],
      [['--file', file('looks-like-json', '[1]')], { type: 'object', event: [1] }],
      [['--file', file('looks-like-text', 'grüß dich')], { type: 'string', event: 'grüß dich' }],
      [['--file', file('photo.jpg', Buffer.from([255, 216]))], { type: 'bytes', event: [255, 216] }],
      [['--data', '1', '--content-type', 'text/plain'], { type: 'string', event: '1' }],
      [[], { type: 'object', event: null }],
    ] as const) {
      const { code, stdout, stderr } = await worker.run('invoke', 'told', ...flags);
      expect({ code, stderr, answer: JSON.parse(stdout) }, flags.join(' ')).toEqual({
        code: 0,
        stderr: '',
        answer: expected,
      });
    }
  });

  test('comes from a pipe or a redirection', () => {
    expect(shell('echo \'{"a": 1}\' | $FB invoke told').toString()).toBe('{"type":"object","event":{"a":1}}');
    expect(shell(`$FB invoke told < ${file('event.txt', 'hi')}`).toString()).toBe('{"type":"string","event":"hi"}');
    expect(shell('printf hi | $FB invoke told --file -').toString()).toBe('{"type":"string","event":"hi"}');
    expect(shell('printf hi | $FB invoke told --data 2').toString()).toBe('{"type":"number","event":2}');
  });

  test.each([
    [['--data', 'hello'], /--data: hello is not JSON: .*\nhint: --text sends text/],
    [['--data', '1', '--text', '1'], /'-d, --data <json>' cannot be used with option '--text <text>'/],
    [['--text', '1', '--file', 'x'], /cannot be used with option '--file/],
    [['--file', '/nowhere/event.json'], /--file: ENOENT/],
    [['--async', '--timing'], /cannot be used with option '--timing'/],
    [['--id', 'a b'], /--id: "a b" must be 1 to 128 characters/],
    [['--content-type', 'a\nb'], /--content-type: "a\\nb"/],
    [['--tming'], /did you mean --timing\?/],
  ])('%j is a mistake', async (flags, message) => {
    const { code, stdout, stderr } = await worker.run('invoke', 'told', ...flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('the answer of invoke', () => {
  test('is the body, byte for byte', () => {
    expect([...shell('$FB invoke told --data \'{"bytes": true}\'')]).toEqual([0, 255, 10, 128]);
    const large = 'x'.repeat(3_000_000);
    expect(shell(`$FB invoke echo --file ${file('large.txt', large)}`).toString()).toBe(large);
  });

  test('with --json has status, id, timing and result', async () => {
    const told = await worker.json<Told>('invoke', 'told', '--data', '{"a": 1}', '--id', 'mine-1');
    expect(told).toMatchObject({
      status: 'ok',
      invocationId: 'mine-1',
      contentType: 'application/json',
      result: { type: 'object', event: { a: 1 } },
    });
    const { schedulingMs = -1, queueingMs = -1, executionMs = -1, totalMs = -1, roundTripMs = -1 } = told.timing;
    for (const ms of [schedulingMs, queueingMs, executionMs]) expect(ms).toBeGreaterThanOrEqual(0);
    expect(schedulingMs + queueingMs + executionMs).toBeLessThanOrEqual(totalMs + 0.01);
    expect(totalMs).toBeLessThan(roundTripMs);
    const bytes = await worker.json<Told>('invoke', 'told', '--data', '{"bytes": true}');
    expect(Buffer.from(bytes.resultBase64 ?? '', 'base64')).toEqual(Buffer.from([0, 255, 10, 128]));
    expect((await worker.json<Told>('invoke', 'echo', '--text', 'hi')).result).toBe('hi');
  });

  test('with --timing is explained on stderr', async () => {
    const { stdout, stderr } = await worker.run(
      'invoke',
      'sleep',
      '--data',
      '{"ms": 120}',
      '--timing',
      '--id',
      'why-1',
    );
    expect(stdout).toBe('{"ms":120}');
    expect(stderr).toMatch(/^\nsleep, invocation why-1:\n {2}scheduling /);
    expect(stderr).toMatch(/^ {2}execution +1[2-9]\d ms {2}█+$/m);
    expect(stderr).toMatch(/^It waited .* to be dispatched/m);
    const { why } = await worker.json<Told>('invoke', 'sleep', '--data', '{"ms": 1}', '--timing');
    expect(why).toMatch(/to a container that was warm/);
  });

  test('is an error with its code, message and where to look', async () => {
    const { code, stdout, stderr } = await worker.run('invoke', 'told', '--data', '{"fail": "luck"}', '--id', 'bad-1');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'error: told ended as error (handler_error): TypeError: no luck\n' +
        'hint: faasbatch logs told --invocation bad-1 shows what it wrote\n',
    );
    const json = await worker.run('invoke', 'told', '--data', '{"fail": "luck"}', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: 'error',
      timing: { executionMs: expect.any(Number) },
      error: { code: 'handler_error', message: 'TypeError: no luck' },
    });
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'handler_error' } });
  });

  test('is a refusal where there is no such function, or the id is taken', async () => {
    expect(await worker.run('invoke', 'tld')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'error: no function "tld" is deployed. Did you mean "told"?\n',
    });
    await worker.run('invoke', 'echo', '--id', 'twice');
    expect((await worker.run('invoke', 'echo', '--id', 'twice')).stderr).toMatch(/^error: invocation twice /);
    const { stdout, stderr } = await worker.run('invoke', 'tld', '--json');
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'function_not_found' } });
  });

  test('is not waited for with --async', async () => {
    const { stdout, stderr } = await worker.run(
      'invoke',
      'sleep',
      '--data',
      '{"ms": 300}',
      '--async',
      '--id',
      'later-1',
    );
    expect(stdout).toBe('later-1\n');
    const [, resultUrl = ''] = /curl -s (\S+\/result) /.exec(stderr) ?? [];
    await expect.poll(async () => (await fetch(resultUrl)).status).toBe(200);
    expect(await (await fetch(resultUrl)).json()).toEqual({ ms: 300 });
    expect(await worker.json('invoke', 'sleep', '--data', '{"ms": 1}', '--async')).toMatchObject({
      status: 'accepted',
    });
  });
});

describe('invoke that is interrupted', () => {
  test('cancels what has not started', async () => {
    const other = await UpWorker.start(home, '--no-store', '--dispatch-interval', '60s');
    try {
      const child = spawn(process.execPath, [CLI_PATH, 'invoke', 'sleep', '--id', 'waits', '--url', other.told.url], {
        env: cleanEnvironment(),
        stdio: 'ignore',
      });
      const view = async () =>
        (await fetch(`${other.told.url}/invocations/waits`)).json() as Promise<{ state?: string }>;
      await expect.poll(async () => (await view()).state).toBe('waiting');
      child.kill('SIGINT');
      expect(await once(child, 'exit')).toEqual([null, 'SIGINT']);
      await expect.poll(view).toMatchObject({ state: 'done', status: 'failed', code: 'cancelled' });
    } finally {
      await other.stop();
    }
  });
});
