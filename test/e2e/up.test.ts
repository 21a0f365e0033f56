import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { embeddedStoreStatus } from '../../src/results/embedded/control.ts';
import { freePort, TestHome } from '../helpers/replayCli.ts';
import { UpWorker } from '../helpers/upWorker.ts';

let home: TestHome;
const workers: UpWorker[] = [];

beforeEach(async () => {
  home = await TestHome.create();
});

afterEach(async () => {
  for (const worker of workers.splice(0)) {
    worker.command.kill();
    await worker.command.ended;
  }
  await home.remove();
});

async function up(...flags: string[]): Promise<UpWorker> {
  const worker = await UpWorker.start(home, ...flags);
  workers.push(worker);
  return worker;
}

async function getJson(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

/** The ids of a run's invocations in its store. */
async function stored({ told: { results } }: UpWorker): Promise<string[]> {
  const { rows } = await getJson(`${results?.url}/${results?.database}/_all_docs?startkey="inv:"&endkey="inw"`);
  return (rows as { id: string }[]).map(({ id }) => id.slice('inv:'.length));
}

async function isUnderWay(worker: UpWorker, invocationId: string): Promise<boolean> {
  const { state, sinceAcceptedMs: _ } = await getJson(`${worker.told.url}/invocations/${invocationId}`);
  return state === 'dispatched';
}

function runs(): string[] {
  const path = join(home.path, 'runs');
  return existsSync(path) ? readdirSync(path) : [];
}

describe('up', () => {
  test('serves, records every invocation, and has its functions again after a restart', async () => {
    const first = await up();
    expect(first.told).toMatchObject({ docs: `${first.told.url}/docs`, functions: [] });
    expect((await fetch(first.told.docs)).ok).toBe(true);
    await first.json('function', 'deploy', 'echo');
    for (const id of ['a', 'b'])
      expect((await first.run('invoke', 'echo', '--data', '1', '--id', id)).stdout).toBe('1');
    const { results } = first.told;
    await expect.poll(() => stored(first)).toEqual(['a', 'b']);
    expect(await getJson(`${results?.url}/${results?.database}/run:${results?.runId}`)).toMatchObject({ kind: 'up' });
    expect(await first.stop()).toMatchObject({ code: 0 });
    expect(first.logged.at(-2)?.msg).toContain(`2 invocations are in ${results?.url}/faasbatch`);
    expect(readdirSync(join(results?.folder ?? '', 'segments'))).toEqual([]);

    const second = await up();
    expect(second.told.functions).toEqual(['echo']);
    expect((await second.run('invoke', 'echo', '--data', '2')).stdout).toBe('2');
  });

  test('for people tells where it is, where results go, and what to type next', async () => {
    const port = await freePort();
    const command = home.start('up', '--port', String(port), '--no-store');
    await expect.poll(() => command.stdout).toContain('Ctrl-C');
    command.interrupt();
    const { code, stdout } = await command.ended;
    expect(code).toBe(0);
    for (const part of [`http://127.0.0.1:${port}/docs`, 'not recorded', `FAASBATCH_URL=http://127.0.0.1:${port}`]) {
      expect(stdout).toContain(part);
    }
    expect(stdout).toMatch(/function deploy echo\n +faasbatch invoke echo --data/);
  });

  test('of whom nothing was asked leaves no run', async () => {
    const worker = await up();
    expect(runs()).toEqual([worker.told.results?.runId]);
    await worker.stop();
    expect(runs()).toEqual([]);
  });

  test('with --no-store records nothing', async () => {
    const worker = await up('--no-store');
    expect(worker.told.results).toBeNull();
    await worker.run('function', 'deploy', 'echo');
    await worker.run('invoke', 'echo');
    await worker.stop();
    expect(runs()).toEqual([]);
    expect((await embeddedStoreStatus(home.path)).running).toBe(false);
  });

  test('shares its home with another one', async () => {
    const [one, other] = [await up(), await up()];
    await one.run('function', 'deploy', 'echo');
    await other.run('function', 'deploy', 'echo');
    for (const [worker, id] of [
      [one, 'one'],
      [other, 'other'],
    ] as const) {
      expect(await worker.run('invoke', 'echo', '--data', '1', '--id', id)).toMatchObject({ code: 0, stdout: '1' });
    }
    await one.stop();
    expect(await other.run('invoke', 'echo', '--data', '2', '--id', 'later')).toMatchObject({ code: 0, stdout: '2' });
    await expect.poll(async () => (await stored(other)).sort()).toEqual(['later', 'one', 'other']);
  });
});

describe('a signal', () => {
  test('lets what was accepted end, and takes nothing more', async () => {
    const worker = await up();
    await worker.run('function', 'deploy', 'sleep');
    const call = worker.run('invoke', 'sleep', '--data', '{"ms": 1500}', '--id', 'slow');
    await expect.poll(() => isUnderWay(worker, 'slow')).toBe(true);
    worker.command.interrupt();
    await expect.poll(() => worker.command.stderr).toContain('draining');
    expect(await worker.run('invoke', 'sleep', '--data', '{"ms": 1}')).toMatchObject({ code: 1 });
    expect(await call).toMatchObject({ code: 0, stdout: '{"ms":1500}' });
    expect(await worker.command.ended).toMatchObject({ code: 0 });
    expect(await stored(worker)).toEqual(['slow']);
  });

  test('that comes again does not wait, and what it ends is answered and recorded', async () => {
    const worker = await up();
    await worker.run('function', 'deploy', 'sleep');
    const call = worker.run('invoke', 'sleep', '--data', '{"ms": 60000}', '--id', 'slow');
    await expect.poll(() => isUnderWay(worker, 'slow')).toBe(true);
    worker.command.interrupt();
    await expect.poll(() => worker.command.stderr).toContain('draining');
    worker.command.interrupt();
    expect(await call).toMatchObject({ code: 1, stderr: expect.stringContaining('(shutdown)') });
    expect(await worker.command.ended).toMatchObject({ code: 1 });
    expect(await stored(worker)).toEqual(['slow']);
    expect(readdirSync(join(home.path, 'x/faasbatch'))).toEqual([]);
  });
});

describe('up and its store', () => {
  test('that was killed is started again, and has every record', async () => {
    const worker = await up();
    await worker.run('function', 'deploy', 'echo');
    await worker.run('invoke', 'echo', '--id', 'before');
    const { pid } = await embeddedStoreStatus(home.path);
    if (pid === null) throw new Error('no store runs');
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await embeddedStoreStatus(home.path)).running).toBe(false);
    await worker.run('invoke', 'echo', '--id', 'after');
    await expect.poll(() => stored(worker).catch(() => []), { timeout: 20_000 }).toEqual(['after', 'before']);
    expect(await worker.stop()).toMatchObject({ code: 0 });
  });

  test('that does not answer serves all the same, and keeps the records', async () => {
    home.env['COUCHDB_URL'] = `http://someone:hunter2@127.0.0.1:${await freePort()}`;
    const worker = await up();
    await worker.run('function', 'deploy', 'echo');
    expect(await worker.run('invoke', 'echo', '--data', '1', '--id', 'kept')).toMatchObject({ code: 0, stdout: '1' });
    const { code, stderr } = await worker.stop();
    expect(code).toBe(1);
    expect(stderr).toContain(`faasbatch results import ${worker.told.results?.folder}`);
    expect(stderr).not.toContain('hunter2');
    const folder = worker.told.results?.folder ?? '';
    expect(readFileSync(join(folder, 'segments/000000000.ndjson'), 'utf8')).toContain('"kept"');
    expect(readFileSync(join(folder, 'run.json'), 'utf8')).not.toContain('hunter2');
  });
});

describe('up does not start', () => {
  test('on a port in use', async () => {
    const { told } = await up('--no-store');
    const { code, stderr } = await home.run('up', '--port', new URL(told.url).port);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: port \d+ .* is in use/) });
    expect(runs()).toEqual([]);
  });

  test.each([
    [['--host', '0.0.0.0'], /needs an API key \(FAASBATCH_API_KEYS\)/],
    [['--host', 'nowhere.invalid'], /no address of this machine|can be reached by others/],
    [['--strategy', 'vanila'], /Did you mean "vanilla"\?/],
    [['--set', 'window=never'], /parameter window = "never"/],
    [['--port', '70000'], /at most 65535 \(from --port\)/],
    [['--keep-alive', 'long'], /must be a duration/],
  ])('with %j', async (flags, message) => {
    const { code, stdout, stderr } = await home.run('up', '--port', '0', ...flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(runs()).toEqual([]);
  });

  test('with a store that is none', async () => {
    const { told } = await up('--no-store');
    home.env['COUCHDB_URL'] = told.url;
    expect(await home.run('up', '--port', '0')).toMatchObject({
      code: 1,
      stderr: `error: what answers at ${told.url} is no CouchDB\n`,
    });
  });
});
