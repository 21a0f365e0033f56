import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { processStartTime } from '../../src/lib/processIdentity.ts';
import { embeddedStoreStatus, ensureEmbeddedStore, stopEmbeddedStore } from '../../src/results/embedded/control.ts';
import { storePaths, writeState } from '../../src/results/embedded/stateFile.ts';
import { openStore } from '../../src/results/openStore.ts';
import { type OwnStore, ownStore } from '../helpers/embeddedStore.ts';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';

const disposals: OwnStore[] = [];

function newStore(changes?: Parameters<typeof ownStore>[0]): OwnStore {
  const store = ownStore(changes);
  disposals.push(store);
  return store;
}

afterEach(async () => {
  for (const store of disposals.splice(0)) await store.dispose();
});

async function portOf(server: ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Pids of the processes that serve, or are about to serve, a home. */
async function storeProcesses(home: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => lines[index]?.includes(`${home}/store`));
}

describe('starting on demand', () => {
  test('starts one store for callers of one process', async () => {
    const { settings } = newStore();
    const states = await Promise.all([1, 2, 3].map(() => ensureEmbeddedStore(settings)));
    expect(new Set(states.map(({ pid }) => pid)).size).toBe(1);
    expect(await embeddedStoreStatus(settings.home)).toMatchObject({
      running: true,
      pid: states[0]?.pid,
      url: states[0]?.url,
    });
    const again = await ensureEmbeddedStore(settings);
    expect(again.pid).toBe(states[0]?.pid);
  });

  test('starts one store for callers of several processes, and outlives them', async () => {
    const { settings } = newStore();
    const script = `
      import { ensureEmbeddedStore } from './src/results/embedded/control.ts';
      const { pid } = await ensureEmbeddedStore(${JSON.stringify(settings)});
      console.log(pid);
    `;
    const call = (): Promise<{ stdout: string }> =>
      promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        cwd: PROJECT_ROOT,
      });
    const pids = (await Promise.all([call(), call(), call()])).map(({ stdout }) => Number(stdout));
    expect(new Set(pids).size).toBe(1);
    expect(await embeddedStoreStatus(settings.home)).toMatchObject({ running: true, pid: pids[0] });
  });

  test('leaves no second store behind that would take the place of the first', async () => {
    const { settings } = newStore();
    await Promise.all([1, 2, 3].map(() => ensureEmbeddedStore(settings)));
    // at once, long before the others could have found out by themselves that they came second
    await vi.waitFor(async () => expect(await storeProcesses(settings.home)).toHaveLength(1), {
      timeout: 200,
      interval: 5,
    });
    await stopEmbeddedStore(settings.home);
    expect(await storeProcesses(settings.home)).toEqual([]);
  });

  test('takes over what a killed one left', async () => {
    const store = newStore();
    const first = await ensureEmbeddedStore(store.settings);
    await store.kill();
    expect(await embeddedStoreStatus(store.settings.home)).toMatchObject({ running: false, pid: null });
    expect((await ensureEmbeddedStore(store.settings)).pid).not.toBe(first.pid);
  });

  test('names what has the port: a server that speaks HTTP', async () => {
    const server = createServer((_request, response) => response.setHeader('server', 'teapot').end('short and stout'));
    const embeddedPort = await portOf(server);
    const message = `did not start: its port ${embeddedPort} is taken by an HTTP server (teapot), `;
    await expect(ensureEmbeddedStore(newStore({ embeddedPort }).settings)).rejects.toThrow(message);
  });

  test('names what has the port: another store, another process', async () => {
    const other = await ensureEmbeddedStore(newStore().settings);
    const embeddedPort = Number(new URL(other.url).port);
    const error = await ensureEmbeddedStore(newStore({ embeddedPort }).settings).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'store_start_failed',
      message: expect.stringMatching(
        new RegExp(`taken by the embedded store of another FAASBATCH_HOME.* with pid ${other.pid}: free it, or choose`),
      ),
    });
  });

  test('names what has the port: something silent', async () => {
    const embeddedPort = await portOf(createTcpServer((socket) => socket.end('HELO\r\n')));
    await expect(ensureEmbeddedStore(newStore({ embeddedPort }).settings)).rejects.toThrow(
      'something that does not speak HTTP',
    );
  });

  test('says why it cannot start', async () => {
    const { settings } = newStore();
    await writeFile(`${settings.home}/store`, 'a file where the folder would be');
    await expect(ensureEmbeddedStore(settings)).rejects.toThrow(/store did not start: EEXIST/);
  });
});

describe('ending', () => {
  test('stops when told to, and can be told twice', async () => {
    const { settings } = newStore();
    const { pid } = await ensureEmbeddedStore(settings);
    expect(await stopEmbeddedStore(settings.home)).toBe(true);
    expect(processStartTime(pid)).toBeUndefined();
    expect(await stopEmbeddedStore(settings.home)).toBe(false);
  });

  test('stops although somebody waits for changes', async () => {
    const { settings } = newStore();
    const store = await openStore(settings);
    const waiting = fetch(`${store.url}/faasbatch/_changes?feed=longpoll&since=now`).then((response) =>
      response.text(),
    );
    const refused = expect(waiting).rejects.toThrow();
    expect(await stopEmbeddedStore(settings.home)).toBe(true);
    await refused;
  });

  test('never stops a process that is not the store', async () => {
    const { settings } = newStore();
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    onTestFinished(() => {
      bystander.kill('SIGKILL');
    });
    await ensureEmbeddedStore(settings);
    await stopEmbeddedStore(settings.home);
    const state = { pid: bystander.pid ?? 0, startTime: 'long ago', url: 'http://127.0.0.1:1', startedAt: '' };
    await writeState(storePaths(settings.home), state);
    expect(await stopEmbeddedStore(settings.home)).toBe(false);
    expect(processStartTime(bystander.pid ?? 0)).toBeDefined();
  });

  test('ends by itself when nobody asks it anything', async () => {
    const { settings } = newStore({ idleTimeoutMs: 200 });
    const { pid } = await ensureEmbeddedStore(settings);
    await vi.waitFor(() => expect(processStartTime(pid)).toBeUndefined(), { timeout: 10_000 });
    await expect(readFile(storePaths(settings.home).state)).rejects.toThrow('ENOENT');
  });
});

describe('what is kept', () => {
  test('every document that was acknowledged is there after kill -9, and views are rebuilt from them', async () => {
    const own = newStore();
    const store = await openStore(own.settings);
    const view = async (): Promise<unknown> => {
      const response = await fetch(`${store.url}/faasbatch/_design/invocations/_view/by_status?group_level=1`);
      return ((await response.json()) as { rows: unknown }).rows;
    };
    let acknowledged = 0;
    const feeding = (async () => {
      for (;;) {
        const docs = Array.from({ length: 100 }, (_, index) => {
          return { _id: `inv:r:${acknowledged + index}`, type: 'invocation', status: 'ok', runId: 'r', strategy: 's' };
        });
        await store.insert(docs);
        acknowledged += docs.length;
        if (acknowledged === 500) await view();
      }
    })().catch((error: unknown) => error);
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(1_000), { interval: 1, timeout: 10_000 });
    await own.kill();
    expect(await feeding).toMatchObject({ code: 'store_unreachable' });
    await store.prepare();
    const ids = new Set<string>();
    for await (const { _id } of store.scan({ from: 'inv:', before: 'inv;' })) ids.add(_id);
    const missing = Array.from({ length: acknowledged }, (_, index) => `inv:r:${index}`).filter((id) => !ids.has(id));
    expect(missing).toEqual([]);
    expect(await view()).toEqual([{ key: ['ok'], value: ids.size }]);
  });
});

describe('who may ask', () => {
  test('only who means this server', async () => {
    const { url } = await ensureEmbeddedStore(newStore().settings);
    const statusFor = async (headers: Record<string, string>): Promise<number | undefined> => {
      const [response] = await once(request(url, { headers }).end(), 'response');
      response.resume();
      return response.statusCode;
    };
    expect(await statusFor({})).toBe(200);
    expect(await statusFor({ host: 'evil.example' })).toBe(403);
    expect(await statusFor({ origin: 'http://evil.example' })).toBe(403);
  });

  test('a view that cannot be reduced is told so', async () => {
    const store = await openStore(newStore().settings);
    const views = { v: { map: 'function (doc) { emit(1, doc._id); }', reduce: '_sum' } };
    await store.insert([{ _id: '_design/bad', views }, { _id: 'x' }] as { _id: string }[]);
    const response = await fetch(`${store.url}/faasbatch/_design/bad/_view/v`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'builtin_reduce_error' });
  });

  test('a question that reads everything does not keep others waiting', async () => {
    const store = await openStore(newStore().settings);
    for (let from = 0; from < 20_000; from += 1_000) {
      await store.insert(
        Array.from({ length: 1_000 }, (_, index) => ({ _id: `d:${from + index}`, n: index, text: 'x'.repeat(500) })),
      );
    }
    const ask = (body: object): Promise<Response> =>
      fetch(`${store.url}/faasbatch/_find`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    let done = false;
    const long = ask({ selector: { nowhere: 1 } }).then(async (response) => {
      done = true;
      return response.json();
    });
    let answered = 0;
    while (!done) {
      expect((await fetch(`${store.url}/faasbatch/d:77`)).status).toBe(200);
      answered += 1;
    }
    expect(await long).toMatchObject({ docs: [], warning: expect.stringContaining('No matching index') });
    expect(answered).toBeGreaterThan(5);
  });
});
