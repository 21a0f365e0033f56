import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestHome } from '../helpers/replayCli.ts';
import { UpWorker } from '../helpers/upWorker.ts';

const HANDLER = `import { setTimeout as sleep } from 'node:timers/promises';
export default async function (event) {
  console.log('one', event);
  if (event?.ms) await sleep(event.ms);
  console.error('two');
  if (event?.fail) throw new Error('it broke');
}
`;

let home: TestHome;
let worker: UpWorker;
let folder = '';

beforeAll(async () => {
  home = await TestHome.create();
  worker = await UpWorker.start(home, '--no-store');
  folder = mkdtempSync(join(tmpdir(), 'faasbatch-logs-'));
  writeFileSync(join(folder, 'function.yaml'), 'name: any\nhandler: handler.mjs\n');
  writeFileSync(join(folder, 'handler.mjs'), HANDLER);
});

afterAll(async () => {
  await worker.stop();
  await home.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A function of the test's own, so that nobody else writes. */
async function deployed(name: string): Promise<string> {
  await worker.json('function', 'deploy', folder, '--name', name);
  return name;
}

describe('logs', () => {
  test('shows what was written lately, and how invocations failed', async () => {
    const name = await deployed('recent');
    expect(await worker.run('logs', name)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('nothing'),
    });
    await worker.run('invoke', name, '--data', '1', '--id', 'r-1');
    await worker.run('invoke', name, '--data', '{"fail": true}', '--id', 'r-2');
    const { stdout } = await worker.run('logs', name);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT\S+Z {2}info {3}r-1 {2}one 1\n\S+ {2}error {2}r-1 {2}two\n/);
    expect(stdout).toMatch(/error {2}r-2 {2}error \(handler_error\): it broke\n$/);
    const { lines } = await worker.json<{ lines: { text: string; source: string }[] }>('logs', name, '--tail', '1');
    expect(lines).toMatchObject([{ source: 'platform', text: 'error (handler_error): it broke' }]);
  });

  test('of one invocation are its own, with how it ended', async () => {
    const name = await deployed('single');
    await worker.run('invoke', name, '--data', '1', '--id', 's-1');
    await worker.run('invoke', name, '--data', '{"fail": true}', '--id', 's-2');
    const first = await worker.run('logs', name, '--invocation', 's-1');
    expect(first.stdout).toMatch(/^ *\+[\d.]+ ms {2}info {3}one 1\n *\+[\d.]+ ms {2}error {2}two\n$/);
    expect(first.stderr).toBe('s-1 ended as ok\n');
    const second = await worker.run('logs', name, '--invocation', 's-2');
    expect(second.stderr).toContain('s-2 ended as error (handler_error): it broke');
    expect(await worker.json('logs', name, '--invocation', 's-1')).toMatchObject({
      function: 'default/single',
      invocationId: 's-1',
      state: 'done',
      status: 'ok',
      lines: [
        { level: 'info', text: 'one 1' },
        { level: 'error', text: 'two' },
      ],
    });
  });

  test('of an invocation under way come with its end, which --follow waits for', async () => {
    const name = await deployed('slow');
    await worker.run('invoke', name, '--data', '{"ms": 1500}', '--id', 'w-1', '--async');
    expect(await worker.run('logs', name, '--invocation', 'w-1')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('--follow waits'),
    });
    const followed = await worker.run('logs', name, '--invocation', 'w-1', '--follow');
    expect(followed).toMatchObject({ code: 0, stderr: 'w-1 ended as ok\n' });
    expect(followed.stdout).toContain('two');
  });

  test('--follow goes on with what is written, each line once, until it is interrupted', async () => {
    const name = await deployed('followed');
    await worker.run('invoke', name, '--data', '1', '--id', 'f-1');
    const command = home.start('logs', name, '--follow', '--json', '--url', worker.told.url);
    await expect.poll(() => command.stdout).toContain('f-1');
    await worker.run('invoke', name, '--data', '2', '--id', 'f-2');
    await expect.poll(() => command.stdout).toContain('f-2');
    await worker.run('invoke', name, '--data', '3', '--id', 'f-3');
    await expect.poll(() => command.stdout).toContain('f-3');
    command.interrupt();
    const { code, stdout } = await command.ended;
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { invocationId: string });
    expect(lines.map(({ invocationId }) => invocationId)).toEqual(['f-1', 'f-1', 'f-2', 'f-2', 'f-3', 'f-3']);
  });

  test.each([
    [['nme'], 1, /no function "nme" is deployed\. Did you mean "name"\?/],
    [['name', '--invocation', 'nobody'], 1, /no invocation "nobody" is known/],
    [['name', '--invocation', 'of-other'], 1, /of-other is an invocation of default\/other, not of default\/name/],
    [['name', '--tail', '0'], 2, /--tail: "0" must be a whole number from 1 to 1000/],
    [['name', '--tail', 'x'], 2, /--tail: "x"/],
  ])('%j is a mistake', async (commandLine, code, message) => {
    await deployed('name');
    await deployed('other');
    await worker.run('invoke', 'other', '--id', 'of-other');
    const result = await worker.run('logs', ...commandLine);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
  });
});
