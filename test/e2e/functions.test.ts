import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CliRun } from '../helpers/cli.ts';
import { faasbatch } from '../helpers/cli.ts';
import { freePort, TestHome } from '../helpers/replayCli.ts';
import { UpWorker } from '../helpers/upWorker.ts';

const KEY = 'a-key-of-sixteen-characters';
let home: TestHome;
let worker: UpWorker;
let folder = '';

beforeAll(async () => {
  home = await TestHome.create();
  worker = await UpWorker.start(home, '--no-store');
});

afterAll(async () => {
  await worker.stop();
  await home.remove();
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faasbatch-functions-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** In the test's folder. */
function run(...commandLine: string[]): Promise<CliRun> {
  return faasbatch(commandLine, { cwd: folder, env: { FAASBATCH_URL: worker.told.url } });
}

async function newFunction(name: string): Promise<void> {
  expect(await run('function', 'new', name)).toMatchObject({ code: 0 });
}

function change(name: string, file: string, from: string, to: string): void {
  const path = join(folder, name, file);
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
}

describe('function deploy', () => {
  test('deploys what function new wrote, as it says', async () => {
    await newFunction('hello');
    const { code, stdout, stderr } = await run('function', 'deploy', './hello');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^deployed hello\n +version +default\/hello@[0-9a-f]{12}\n +digest +sha256 [0-9a-f]{64}\n$/);
    expect(stderr).toBe('\nnext:\n  faasbatch invoke hello\n');
    expect((await run('invoke', 'hello', '--data', '{"name": "you"}')).stdout).toBe('{"message":"hello, you"}');
  });

  test('again is a new version only where something changed', async () => {
    await newFunction('changing');
    const deploy = async () => JSON.parse((await run('function', 'deploy', 'changing', '--json')).stdout);
    const first = await deploy();
    expect(first).toMatchObject({ name: 'changing', changed: true, files: 1, folder: join(folder, 'changing') });
    expect(await deploy()).toMatchObject({ key: first.key, changed: false });
    change('changing', 'handler.mjs', 'hello, ', 'good day, ');
    const second = await deploy();
    expect(second.changed).toBe(true);
    expect(second.key).not.toBe(first.key);
    expect((await run('invoke', 'changing')).stdout).toBe('{"message":"good day, world"}');
  });

  test('takes another name and a namespace', async () => {
    await newFunction('hello');
    const { stdout } = await run('function', 'deploy', 'hello', '--name', 'bonjour', '--namespace', 'fr', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'fr/bonjour', namespace: 'fr', manifest: { name: 'bonjour' } });
    expect((await run('invoke', 'fr/bonjour')).stdout).toBe('{"message":"hello, world"}');
    expect((await run('invoke', 'bonjour')).code).toBe(1);
  });

  test('deploys one that ships by its name, unless a folder has that name', async () => {
    const shipped = await run('function', 'deploy', 'echo');
    expect(shipped.stderr).toContain('deploying the echo that ships with faasbatch');
    expect(shipped.stderr).toContain(`faasbatch invoke echo --data '{"hello":"world"}'`);
    await newFunction('echo');
    expect((await run('function', 'deploy', 'echo')).stderr).not.toContain('ships');
    expect((await run('invoke', 'echo')).stdout).toBe('{"message":"hello, world"}');
  });

  test.each([
    ['eccho', 2, /there is no folder .*\/eccho\nhint: did you mean echo, which ships/],
    ['what-is-this', 2, /hint: faasbatch function new makes one; these ship.*: client-create, echo,/],
    ['.', 1, /has no function\.yaml that can be read/],
  ])('of %s tells what is wrong', async (typed, code, message) => {
    const result = await run('function', 'deploy', typed);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
  });

  test('refuses bad manifests and names before anything is sent', async () => {
    await newFunction('hello');
    expect(await run('function', 'deploy', 'hello', '--name', 'A B')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--name: "A B" must be'),
    });
    expect(await run('function', 'deploy', 'hello/handler.mjs')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`hint: give its folder, ${join(folder, 'hello')}`),
    });
    change('hello', 'function.yaml', 'kind: io', 'knd: io');
    expect(await run('function', 'deploy', 'hello')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/function\.yaml: knd: .*Did you mean kind\?/),
    });
  });
});

describe('function list, show and remove', () => {
  test('tell and change what is deployed', async () => {
    await newFunction('one');
    await run('function', 'deploy', 'one', '--namespace', 'list');
    const listed = await run('function', 'list');
    expect(listed.stdout).toMatch(/^FUNCTION +KIND +MEMORY +TIMEOUT +DIGEST +DEPLOYED\n/);
    expect(listed.stdout).toMatch(
      /^list\/one +io +256 MB +30\.0 s +[0-9a-f]{12} +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/m,
    );
    const all = JSON.parse((await run('function', 'list', '--json')).stdout) as { key: string }[];
    expect(all.map(({ key }) => key.split('@')[0])).toContain('list/one');

    const shown = await run('function', 'show', 'list/one');
    expect(shown.stdout).toContain(`POST ${worker.told.url}/functions/list%2Fone/invocations`);
    expect(shown.stdout).toMatch(/^ +timeout +30\.0 s$/m);
    expect(JSON.parse((await run('function', 'show', 'list/one', '--json')).stdout)).toMatchObject({
      namespace: 'list',
      manifest: { name: 'one', timeoutMs: 30_000, memoryMb: 256 },
    });

    expect((await run('function', 'remove', 'list/one')).stdout).toMatch(
      /^removed list\/one \(list\/one@[0-9a-f]{12}\)/,
    );
    expect((await run('function', 'list')).stdout).not.toContain('list/one');
    expect(await run('function', 'remove', 'list/one')).toMatchObject({ code: 1 });
  });

  test('suggest the right name', async () => {
    await newFunction('hello');
    await run('function', 'deploy', 'hello');
    for (const command of ['show', 'remove']) {
      expect(await run('function', command, 'helo')).toMatchObject({
        code: 1,
        stderr: 'error: no function "helo" is deployed. Did you mean "hello"?\n',
      });
    }
    expect((await run('function', 'show', 'quite-different')).stderr).toContain('hint: faasbatch function list');
  });

  test('say what to do where nothing is deployed', async () => {
    const other = await TestHome.create();
    const empty = await UpWorker.start(other, '--no-store');
    try {
      expect(await empty.run('function', 'list')).toMatchObject({
        code: 0,
        stdout: '',
        stderr: expect.stringContaining('faasbatch function deploy echo'),
      });
      expect(await empty.json('function', 'list')).toEqual([]);
    } finally {
      await empty.stop();
      await other.remove();
    }
  });
});

describe('a worker', () => {
  test('that does not run is missed, with what starts one', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    for (const commandLine of [
      ['function', 'list'],
      ['function', 'deploy', 'echo'],
      ['invoke', 'echo'],
      ['logs', 'echo'],
    ]) {
      const { code, stderr } = await faasbatch([...commandLine, '-q', '--url', url], { cwd: folder });
      expect(code).toBe(1);
      expect(stderr).toMatch(
        new RegExp(`^error: no worker answers at ${url}: .*ECONNREFUSED.*\nhint: faasbatch up starts one;`),
      );
    }
  });

  test('is told from whatever else answers', async () => {
    const page: Server = createServer((_, response) => response.end('<html>'));
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    try {
      for (const commandLine of [
        ['function', 'list'],
        ['invoke', 'echo'],
      ]) {
        expect(await faasbatch([...commandLine, '--url', url])).toMatchObject({
          code: 1,
          stdout: '',
          stderr: expect.stringContaining(`what answers at ${url} is no faasbatch worker`),
        });
      }
    } finally {
      page.close();
    }
  });

  test('that asks for a key is shown the one of FAASBATCH_API_KEY', async () => {
    const other = await TestHome.create();
    other.env['FAASBATCH_API_KEYS'] = KEY;
    const guarded = await UpWorker.start(other, '--no-store');
    try {
      const { code, stderr } = await guarded.run('function', 'list');
      expect(code).toBe(1);
      expect(stderr).toMatch(/an API key is needed.*\nhint: FAASBATCH_API_KEY /);
      other.env['FAASBATCH_API_KEY'] = KEY;
      expect(await guarded.json('function', 'list')).toEqual([]);
    } finally {
      await guarded.stop();
      await other.remove();
    }
  });
});
