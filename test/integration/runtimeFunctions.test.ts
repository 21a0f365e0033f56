import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { SHIPPED_FUNCTIONS, startShipped } from '../helpers/containerHarness.ts';

interface ShippedManifest {
  readonly name: string;
  readonly kind: 'cpu' | 'io';
  readonly env?: Record<string, string>;
}

const manifests = new Map<string, ShippedManifest>();

beforeAll(async () => {
  for (const folder of await readdir(SHIPPED_FUNCTIONS)) {
    const text = await readFile(join(SHIPPED_FUNCTIONS, folder, 'function.yaml'), 'utf8');
    manifests.set(folder, parse(text) as ShippedManifest);
  }
});

test('each shipped function has a manifest of its name', () => {
  expect(Array.from(manifests, ([folder, { name, kind }]) => [folder === name, name, kind]).toSorted()).toEqual([
    [true, 'client-create', 'io'],
    [true, 'echo', 'io'],
    [true, 'fib', 'cpu'],
    [true, 's3-client', 'io'],
    [true, 'sleep', 'io'],
    [true, 'spin', 'cpu'],
  ]);
});

test('echo gives back what it was given', async () => {
  const container = await startShipped('echo');
  const body = Buffer.from([1, 2, 254]);
  const outcomes = await container
    .invoke([
      { event: { a: [1] } },
      { contentType: 'text/plain', body: Buffer.from('text') },
      { contentType: 'image/png', body },
    ])
    .done();
  expect(outcomes.map(({ body: result }) => result.toString('latin1'))).toEqual(['{"a":[1]}', 'text', '\x01\x02\xfe']);
});

test('fib computes', async () => {
  const container = await startShipped('fib', { kind: 'cpu', concurrency: 2 });
  const outcomes = await container.invoke([0, 1, 10, 25].map((n) => ({ event: { n } }))).done();
  expect(outcomes.map(({ value }) => value)).toEqual([
    { n: 0, value: 0 },
    { n: 1, value: 1 },
    { n: 10, value: 55 },
    { n: 25, value: 75_025 },
  ]);
  expect((await container.call({ n: -1 }).only()).message).toBe('TypeError: n is -1, must be a whole number from 0');
});

test('sleep sleeps, and stops at the deadline', async () => {
  const container = await startShipped('sleep', { timeoutMs: 300 });
  const [short, long] = await container.invoke([{ event: { ms: 40 } }, { event: { ms: 60_000 } }]).done();
  expect(short).toMatchObject({ status: 'ok', value: { ms: 40 } });
  expect(Number(short?.executionEndedAt) - Number(short?.executionStartedAt)).toBeGreaterThanOrEqual(39);
  expect(long).toMatchObject({ status: 'timeout' });
});

describe('spin', () => {
  test.runIf(process.platform === 'linux')(
    'uses the CPU time that it was asked for, even on a busy machine',
    async () => {
      // four threads on one core or two: wall time says nothing, the threads' CPU time is what counts
      const container = await startShipped('spin', { kind: 'cpu', threads: 4, concurrency: 4 });
      const asked = [30, 5, 80, 30, 5, 80, 30, 5];
      const outcomes = await container.invoke(asked.map((cpuMs) => ({ event: { cpuMs } }))).done();
      for (const [index, { cpuMs = 0, status }] of outcomes.entries()) {
        expect(status).toBe('ok');
        expect(cpuMs).toBeGreaterThanOrEqual((asked[index] ?? 0) - 0.1);
        expect(cpuMs).toBeLessThan((asked[index] ?? 0) + 6);
      }
    },
  );

  test('sleeps the rest, and holds memory', async () => {
    const container = await startShipped('spin', { kind: 'cpu', concurrency: 8 });
    const before = (await container.stats()).rssBytes;
    const batch = container.invoke([{ event: { cpuMs: 2, sleepMs: 100, memoryMb: 50 } }]);
    await expect.poll(async () => (await container.stats()).rssBytes - before, { interval: 10 }).toBeGreaterThan(45e6);
    const outcome = await batch.only();
    expect(outcome.value).toMatchObject({ cpuMs: 2, sleepMs: 100, memoryMb: 50, heldBytes: 50 * 1024 * 1024 });
    expect(Number(outcome.executionEndedAt) - Number(outcome.executionStartedAt)).toBeGreaterThanOrEqual(101);
    expect((await container.call({ cpuMs: -1 }).only()).message).toContain('cpuMs is -1');
  });
});

/** What src/replay's backend does, without its round-trip time. */
async function startBackend(): Promise<{ port: number; sessions: () => number }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
  let sessions = 0;
  const server = createServer({ key, cert }, (session) => {
    sessions += 1;
    session.on('error', () => session.destroy());
    session.on('close', () => {
      sessions -= 1;
    });
    session.resume();
    session.write(`${JSON.stringify({ operations: { Get: {}, Put: {} } })}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, sessions: () => sessions };
}

describe('client-create', () => {
  test('shares a client where multiplexing is on', async () => {
    const { port, sessions } = await startBackend();
    const container = await startShipped('client-create');
    const event = { host: '127.0.0.1', port };
    const outcomes = await container.invoke([{ event }, { event }, { event }]).done();
    expect(outcomes.map(({ value }) => value)).toEqual([
      { created: true, clientBytes: 9 * 1024 * 1024, operations: 2 },
      { created: false, clientBytes: 9 * 1024 * 1024, operations: 2 },
      { created: false, clientBytes: 9 * 1024 * 1024, operations: 2 },
    ]);
    expect(await container.stats()).toMatchObject({ resourcesLive: 1, resourcesCreated: 1, resourcesReused: 2 });
    expect(sessions()).toBe(1);
  });

  test('makes one a call where it is off, and lets go of it', async () => {
    const { port, sessions } = await startBackend();
    const container = await startShipped('client-create', { multiplexing: false });
    const event = { host: '127.0.0.1', port };
    const outcomes = await container.invoke([{ event }, { event }, { event }]).done();
    expect(outcomes.map(({ value }) => (value as { created: boolean }).created)).toEqual([true, true, true]);
    await expect.poll(sessions).toBe(0);
  });

  test('fails clearly where nobody listens', async () => {
    const container = await startShipped('client-create');
    expect(await container.call({ host: '127.0.0.1', port: 1 }).only()).toMatchObject({
      status: 'error',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

test('s3-client makes a client of its own account, without a word about Node', async () => {
  const env = manifests.get('s3-client')?.env ?? {};
  const container = await startShipped('s3-client', { env });
  const event = { region: 'eu-west-1', accessKeyId: 'key', secretAccessKey: 'secret' };
  const outcomes = await container.invoke([{ event }, { event }, { event: { ...event, region: 'us-east-1' } }]).done();
  expect(outcomes.map(({ value }) => value)).toEqual([
    { created: true, region: 'eu-west-1' },
    { created: false, region: 'eu-west-1' },
    { created: true, region: 'us-east-1' },
  ]);
  expect(outcomes.flatMap(({ logs = [] }) => logs)).toEqual([]);
  expect(container.stderr).toBe('');
});
