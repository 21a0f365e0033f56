import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  AGENT,
  bundleRuntime,
  DEFAULT_INIT,
  SHIPPED_FUNCTIONS,
  startContainer,
  startHandler,
  startShipped,
  writeFunction,
} from '../helpers/containerHarness.ts';

const ECHO = join(SHIPPED_FUNCTIONS, 'echo');

describe('a container that was started', () => {
  test('says hello, and is nobody in particular', async () => {
    const container = await startContainer({ FAASBATCH_THREADS: '1.5' });
    expect(await container.hello).toEqual({
      protocol: 1,
      runtime: `node/${process.versions.node}`,
      threads: 2,
      capabilities: expect.arrayContaining(['cpu', 'io', 'serial', 'parallel']),
      pid: container.process.pid,
    });
    expect(await container.stats()).toMatchObject({ threads: 0, invocationsInFlight: 0 });
  });

  test('refuses a batch before it has a function', async () => {
    const container = await startContainer();
    await container.hello;
    const outcomes = await container.invoke([{ event: 1 }, { event: 2 }]).done();
    expect(outcomes).toMatchObject([
      { status: 'failed', code: 'init_failed', end: false },
      { status: 'failed', code: 'init_failed', end: true },
    ]);
  });

  test('becomes one function, once', async () => {
    const container = await startShipped('echo');
    await expect(container.init({ codePath: ECHO })).rejects.toThrow('init_failed: the container is ready');
    expect(await container.call('still').only()).toMatchObject({ status: 'ok' });
  });

  test('tells how long importing took, and its figures', async () => {
    const container = await startContainer();
    const { importMs } = await container.init({ codePath: ECHO });
    expect(importMs).toBeGreaterThan(0);
    const stats = await container.stats();
    expect(stats.rssBytes).toBeGreaterThan(10_000_000);
    expect(stats.cpuMs).toBeGreaterThan(0);
    expect(stats).toMatchObject({ threads: 1, resourcesLive: 0, resourcesCreated: 0, resourcesReused: 0 });
  });

  test('uses little memory while it has no function', async () => {
    const container = await startContainer();
    await container.hello;
    // resident, with the Node binary that it shares with all others
    expect((await container.stats()).rssBytes).toBeLessThan(60 * 1024 * 1024);
  });
});

describe('a function that cannot be loaded', () => {
  test.each([
    ['no such file', {}, 'handler.mjs could not be imported'],
    ['a syntax error', { 'handler.mjs': 'export default (' }, 'SyntaxError'],
    ['an exception', { 'handler.mjs': '\nthrow new Error("at the top")' }, /at the top \(at file:.*handler\.mjs:2/],
    ['no Error', { 'handler.mjs': 'throw null' }, 'null was thrown'],
    ['a missing package', { 'handler.mjs': 'import "no-such-package"' }, 'no-such-package'],
    ['an empty module', { 'handler.mjs': '' }, 'has no default export'],
    ['an object', { 'handler.mjs': 'export default { a: 1 }' }, 'a default export that is an object'],
    ['a text', { 'handler.mjs': 'export default "text"' }, 'a default export that is a string'],
    ['another name', { 'handler.mjs': 'export const run = () => 1' }, 'the module exports: run'],
    ['process.exit', { 'handler.mjs': 'process.exit(4)' }, 'process.exit(4)'],
  ])('%s', async (_, files, message) => {
    const container = await startContainer();
    await expect(container.init({ codePath: await writeFunction(files) })).rejects.toThrow(message);
    await expect(container.init({ codePath: ECHO })).rejects.toThrow('the container is failed');
    container.stop();
    expect(await container.exited).toEqual({ code: 0, signal: null });
  });

  test('an empty CommonJS module, and a name that it does not have', async () => {
    const codePath = await writeFunction({ 'a.cjs': '', 'b.mjs': 'export const run = 1' });
    const container = await startContainer();
    await expect(container.init({ codePath, handler: 'a.cjs' })).rejects.toThrow('a.cjs has no default export');
    const other = await startContainer();
    await expect(other.init({ codePath, handler: 'b.mjs#walk' })).rejects.toThrow("b.mjs has no export 'walk'");
  });

  test('more than its memory for nothing but loading it', async () => {
    const source = 'const all = []; for (;;) all.push(Array.from({ length: 1000 }, (_, at) => ({ at })));';
    const container = await startContainer();
    const codePath = await writeFunction({ 'handler.mjs': source });
    await expect(container.init({ codePath, memoryMb: 32 })).rejects.toThrow('memory');
  });

  test('an init that another worker made', async () => {
    const container = await startContainer();
    const { timeoutMs: _, ...incomplete } = { ...DEFAULT_INIT, codePath: ECHO };
    const { type, header } = await container.send('init', incomplete);
    expect({ type, header }).toEqual({
      type: 'failed',
      header: { code: 'init_failed', message: 'init: timeoutMs is undefined, must be a number' },
    });
  });

  test('a handler of many events, which is not there yet', async () => {
    const container = await startContainer();
    await expect(container.init({ codePath: ECHO, batch: true })).rejects.toThrow('not supported yet');
  });

  test('in the second thread only: the container gives up, rather than try for ever', async () => {
    const container = await startContainer();
    const source = `
      import { existsSync, writeFileSync } from 'node:fs';
      const mark = new URL('loaded-once', import.meta.url);
      if (existsSync(mark)) throw new Error('once only');
      writeFileSync(mark, '');
      export default () => { for (;;); };`;
    const codePath = await writeFunction({ 'handler.mjs': source });
    await container.init({ codePath, timeoutMs: 100, kind: 'cpu', threads: 1, concurrency: 1 });
    const batch = container.invoke([{ event: 1 }, { event: 2 }]);
    await expect(batch.done()).rejects.toThrow('connection closed');
    // the first had its outcome; the second never started, so that its worker may try it elsewhere
    expect(batch.outcomes).toMatchObject([{ index: 0, status: 'timeout' }]);
    expect(batch.startedIndices).toEqual([0]);
    expect(await container.exited).toEqual({ code: 1, signal: null });
    expect(container.stderr).toContain('no thread can be started: ');
  });
});

const GATED = `
  import { existsSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  const gate = new URL('gate', import.meta.url);
  export default async () => {
    while (!existsSync(gate)) await sleep(2);
    return Buffer.alloc(2_000_000);
  };`;

describe('stop', () => {
  test('ends an idle container', async () => {
    const container = await startShipped('echo');
    await container.call(1).only();
    container.stop();
    expect(await container.exited).toEqual({ code: 0, signal: null });
    expect(container.stderr).toBe('');
  });

  test('ends a container that has no function', async () => {
    const container = await startContainer();
    await container.hello;
    container.stop();
    expect(await container.exited).toEqual({ code: 0, signal: null });
  });

  test.each(['stop', 'SIGTERM'])('%s lets it finish what it has, and send it', async (how) => {
    const container = await startContainer();
    const codePath = await writeFunction({ 'handler.mjs': GATED });
    await container.init({ codePath, parallelism: 'serial' });
    const batch = container.invoke([{ event: 1 }, { event: 2 }]);
    await batch.until(() => batch.startedIndices.length === 1);
    if (how === 'stop') {
      container.stop();
      // it has heard of it once it refuses
      expect(await container.call(3).only()).toMatchObject({ status: 'failed', code: 'shutdown' });
    } else container.process.kill('SIGTERM');
    await writeFile(join(codePath, 'gate'), '');
    const outcomes = await batch.done();
    expect(outcomes.map(({ status, body }) => [status, body.length])).toEqual([
      ['ok', 2_000_000],
      ['ok', 2_000_000],
    ]);
    expect(await container.exited).toEqual({ code: 0, signal: null });
  });

  test('ends threads that a call left busy', async () => {
    const container = await startHandler('export default () => { setTimeout(() => { for (;;); }, 1); return 1; }');
    await container.call(null).only();
    container.stop();
    await container.exited;
  });
});

describe('a container whose worker is gone', () => {
  test.each([
    ['idle', '() => 1'],
    ['with a stuck thread', '() => { for (;;); }'],
    ['with a thread that waits in the kernel', '() => execFileSync("sleep", ["5"])'],
  ])('ends at once: %s', async (_, handler) => {
    const container = await startHandler(`
      import { execFileSync } from 'node:child_process';
      void execFileSync;
      export default ${handler};`);
    const batch = container.call(null);
    await batch.until(() => batch.startedIndices.length === 1);
    const cutAt = performance.now();
    container.disconnect();
    await container.exited;
    expect(performance.now() - cutAt).toBeLessThan(1_500);
  });

  test('does not begin: nobody listens, or the environment is wrong', () => {
    bundleRuntime();
    const run = (env: Record<string, string>) => {
      const { status, stderr } = spawnSync(process.execPath, [AGENT], { env, encoding: 'utf8', timeout: 10_000 });
      return { status, stderr };
    };
    expect(run({})).toEqual({ status: 2, stderr: 'FAASBATCH_SOCKET is not set\n' });
    const path = `/tmp/${'x'.repeat(103)}`;
    expect(run({ FAASBATCH_SOCKET: path })).toEqual({
      status: 2,
      stderr: `FAASBATCH_SOCKET is longer than 107 bytes: ${path}\n`,
    });
    expect(run({ FAASBATCH_SOCKET: '/tmp/faasbatch-nobody-here' })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ENOENT'),
    });
  });
});
