import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { WorkerConfig } from '../../src/config/worker.ts';
import { sweepWorkDirectories, workDirectoriesPath } from '../../src/worker/workDirectory.ts';
import { type TestFunction, TestWorker, until } from '../helpers/workerHarness.ts';

/** Waits until the test makes the file that the event names, so that a call is under way for as long as needed. */
const GATE: TestFunction = {
  name: 'gate',
  handler: `import { existsSync, appendFileSync } from 'node:fs';
export default async function (event) {
  appendFileSync(event.log, event.name + '\\n');
  while (!existsSync(event.open)) await new Promise((resolve) => setTimeout(resolve, 2));
  return event.name;
}`,
};

let running: TestWorker | undefined;

async function start(config: Partial<WorkerConfig>, ...functions: (TestFunction | string)[]): Promise<TestWorker> {
  running = await TestWorker.start(config, functions);
  return running;
}

afterEach(async () => {
  running?.worker.force();
  await running?.worker.close();
  running = undefined;
});

describe('a worker with the process engine', () => {
  it('runs what arrives within an interval as one batch in one container', async () => {
    const worker = await start({ strategy: 'faasbatch', dispatchIntervalMs: 400 }, 'sleep');
    const answers = await Promise.all(Array.from({ length: 20 }, () => worker.call('sleep', { ms: 20 })));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const { records, accounts } = await worker.close();
    expect(records).toHaveLength(20);
    expect(accounts.containers.started).toBeLessThanOrEqual(2);
    expect(accounts.batches.maxSize).toBeGreaterThanOrEqual(10);
    expect(accounts.final).toBe(true);
    expect(await worker.containerPids()).toEqual([]);
  });

  it('gives each concurrent invocation a container of its own under vanilla, and uses warm ones again', async () => {
    const worker = await start({ strategy: 'vanilla', maxStartsInFlight: 4 }, 'sleep');
    await Promise.all(Array.from({ length: 4 }, () => worker.call('sleep', { ms: 600 })));
    await worker.call('sleep', { ms: 1 });
    const { records, accounts } = await worker.close();
    expect(accounts.containers).toMatchObject({ started: 4, peak: 4, lost: 0 });
    expect(records.map(({ startKind }) => startKind === 'warm')).toEqual([false, false, false, false, true]);
  });

  it('keeps to maxContainers: the others wait, and an idle container of another function makes room', async () => {
    const worker = await start({ strategy: 'vanilla', maxContainers: 1 }, 'sleep', 'echo');
    const answers = await Promise.all([
      worker.call('sleep', { ms: 50 }),
      worker.call('sleep', { ms: 50 }),
      worker.call('echo', 'a'),
      worker.call('sleep', { ms: 50 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { accounts } = await worker.close();
    expect(accounts.containers.peak).toBe(1);
    expect(accounts.containers.started).toBeGreaterThanOrEqual(2);
  });

  it('ends containers that were idle for keepAliveMs', async () => {
    const worker = await start({ strategy: 'vanilla', keepAliveMs: 300 }, 'echo');
    await worker.call('echo', 1);
    expect(await worker.containerPids()).toHaveLength(1);
    await until('the container is gone', async () => (await worker.containerPids()).length === 0);
    const { accounts } = await worker.close();
    expect(accounts.containers.lost).toBe(0);
  });

  it('takes a prewarmed container, and refills', async () => {
    const worker = await start({ strategy: 'vanilla', prewarmed: 1 }, 'echo');
    const spare = 'faasbatch_containers{state="prewarmed"}';
    await until('a spare is there', async () => (await worker.metric(spare)) === 1);
    await until('it is connected', async () => (await worker.containerPids()).length === 1);
    await worker.call('echo', 1);
    await until('the next spare is there', async () => (await worker.containerPids()).length === 2);
    const { accounts } = await worker.close();
    expect(accounts.containers.started).toBe(1);
  });

  it('says why a function cannot be loaded, after a few tries', async () => {
    const broken = { name: 'broken', handler: 'import "./missing.mjs"; export default () => 1;' };
    const worker = await start({ strategy: 'vanilla' }, broken);
    const { status, body } = await worker.call('broken', null);
    expect(status).toBe(502);
    expect(body).toMatchObject({ error: { code: 'init_failed' } });
    expect(JSON.stringify(body)).toContain('missing.mjs');
    const { accounts } = await worker.close();
    expect(accounts.containers.startsFailed).toBe(3);
  });

  it('ends what has waited for queueTimeoutMs', async () => {
    const worker = await start({ strategy: 'vanilla', maxContainers: 1, queueTimeoutMs: 300 }, 'sleep');
    const [first, second] = await Promise.all([worker.call('sleep', { ms: 900 }), worker.call('sleep', { ms: 900 })]);
    expect([first.status, second.status].sort()).toEqual([200, 504]);
    const late = [first, second].find(({ status }) => status === 504);
    expect(late?.body).toMatchObject({ error: { code: 'queue_timeout' } });
  });

  it('refuses at the door what the queue has no room for, naming the limit', async () => {
    const worker = await start({ strategy: 'vanilla', maxContainers: 1, maxQueueLength: 1 }, 'sleep');
    const answers = await Promise.all(Array.from({ length: 6 }, () => worker.call('sleep', { ms: 300 })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(refused[0]?.body).toMatchObject({ error: { code: 'queue_full', limit: 'maxQueueLength' } });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('when a container is killed', () => {
  async function gated(idempotent: boolean) {
    const worker = await start(
      { strategy: 'faasbatch', dispatchIntervalMs: 100 },
      { ...GATE, manifest: { idempotent, concurrency: 2 } },
    );
    const folder = join(workDirectoriesPath(), worker.worker.id);
    const log = join(folder, 'log');
    const open = join(folder, 'open');
    await writeFile(log, '');
    const calls = ['a', 'b', 'c', 'd'].map((name) => worker.call('gate', { name, log, open }));
    await until('two handlers run', async () => (await readFile(log, 'utf8')).split('\n').length === 3);
    const [pid] = await worker.containerPids();
    if (pid === undefined) throw new Error('no container runs');
    process.kill(pid, 'SIGKILL');
    await writeFile(open, '');
    return { worker, answers: await Promise.all(calls) };
  }

  it('runs idempotent functions again: nothing is lost', async () => {
    const { worker, answers } = await gated(true);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { records, accounts } = await worker.close();
    expect(accounts.containers.lost).toBe(1);
    expect(Math.max(...records.map(({ attempt }) => attempt))).toBe(2);
  });

  it('fails what had started and may not be repeated, and runs again what had not', async () => {
    const { answers } = await gated(false);
    const failed = answers.filter(({ status }) => status === 502);
    expect(failed).toHaveLength(2);
    for (const { body } of failed) {
      expect(body).toMatchObject({ error: { code: 'container_lost' } });
      expect(JSON.stringify(body)).toContain('SIGKILL');
    }
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
  });
});

describe('a function that may not be run twice', () => {
  it('is not, even if the container dies before it can say that the call has begun', async () => {
    const worker = await start(
      { strategy: 'faasbatch', dispatchIntervalMs: 50 },
      {
        name: 'suicide',
        handler: `import { appendFileSync } from 'node:fs';
export default ({ log, name }) => {
  appendFileSync(log, name + '\\n');
  if (name === 'a') process.kill(process.pid, 'SIGKILL');
  return name;
};`,
        manifest: { kind: 'cpu', concurrency: 1 },
      },
    );
    const log = join(workDirectoriesPath(), worker.worker.id, 'log');
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => worker.call('suicide', { log, name })));
    const ran = (await readFile(log, 'utf8')).split('\n').filter(Boolean);
    expect(ran.sort()).toEqual(['a', 'b', 'c']);
    expect(answers.map(({ status }) => status)).toEqual([502, 200, 200]);
    expect(answers[0]?.body).toMatchObject({ error: { code: 'container_lost' } });
  });
});

describe('when a worker ends', () => {
  it('lets what is under way end, and refuses what comes', async () => {
    const worker = await start({ strategy: 'vanilla' }, 'sleep');
    const call = worker.call('sleep', { ms: 700 });
    await until('it is under way', async () => (await worker.metric('faasbatch_invocations_in_flight')) === 1);
    const closing = worker.worker.close();
    expect((await fetch(`${worker.worker.url}/readyz`)).status).toBe(503);
    expect((await worker.call('sleep', { ms: 1 })).status).toBe(503);
    expect((await call).status).toBe(200);
    await closing;
    expect(await worker.containerPids()).toEqual([]);
  });

  it('answers what is left when it is forced', async () => {
    const worker = await start({ strategy: 'vanilla' }, 'sleep');
    const call = worker.call('sleep', { ms: 60_000 });
    await until('it is under way', async () => (await worker.metric('faasbatch_invocations_in_flight')) === 1);
    worker.worker.force();
    await worker.worker.close();
    expect(await call).toMatchObject({ status: 502, body: { error: { code: 'shutdown' } } });
    expect(await worker.containerPids()).toEqual([]);
  });

  it('sweeps what dead workers left, and nothing of the living', async () => {
    const worker = await start({ strategy: 'vanilla' }, 'echo');
    const own = join(workDirectoriesPath(), worker.worker.id);
    const stale = join(workDirectoriesPath(), 'wdead01');
    await mkdir(stale, { recursive: true });
    await writeFile(join(stale, 'owner.json'), JSON.stringify({ pid: process.pid, startTime: 'another time' }));
    expect(await sweepWorkDirectories()).toContain(stale);
    expect(existsSync(stale)).toBe(false);
    expect(existsSync(own)).toBe(true);
    await worker.close();
    expect(existsSync(own)).toBe(false);
  });
});
