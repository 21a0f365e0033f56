import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { InitHeader } from '../../src/protocol/messages.ts';
import {
  type ContainerHarness,
  type ReceivedOutcome,
  startContainer,
  writeFunction,
} from '../helpers/containerHarness.ts';

/** Handlers that go on when the test says so: by a file, since nothing else reaches all threads. */
const GATED = `
  import { existsSync } from 'node:fs';
  import { join } from 'node:path';
  import { threadId } from 'node:worker_threads';
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const isOpen = (gate) => existsSync(join(import.meta.dirname, gate));
  export default async ({ block, wait, napMs }) => {
    while (block && !isOpen(block));
    while (wait && !isOpen(wait)) await sleep(2);
    if (napMs !== undefined) await sleep(napMs);
    return { threadId };
  };`;

class Gated {
  readonly container: ContainerHarness;
  readonly #codePath: string;

  private constructor(container: ContainerHarness, codePath: string) {
    this.container = container;
    this.#codePath = codePath;
  }

  static async start(init: Partial<InitHeader>): Promise<Gated> {
    const container = await startContainer();
    const codePath = await writeFunction({ 'handler.mjs': GATED });
    await container.init({ codePath, ...init });
    return new Gated(container, codePath);
  }

  open(gate: string): Promise<void> {
    return writeFile(join(this.#codePath, gate), '');
  }
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** The most invocations that were under way at one time. */
function mostAtOnce(outcomes: readonly ReceivedOutcome[]): number {
  const steps = outcomes
    .flatMap(({ executionStartedAt = 0, executionEndedAt = 0 }) => [
      { at: executionStartedAt, change: 1 },
      { at: executionEndedAt, change: -1 },
    ])
    .toSorted((a, b) => a.at - b.at || a.change - b.change);
  let now = 0;
  return steps.reduce((most, { change }) => {
    now += change;
    return Math.max(most, now);
  }, 0);
}

describe('an I/O function', () => {
  test('has as many under way as its concurrency says, on one thread, over all batches', async () => {
    const { container } = await Gated.start({ concurrency: 5, threads: 2 });
    const first = container.invoke(times(12, () => ({ event: { napMs: 20 } })));
    const second = container.invoke(times(12, () => ({ event: { napMs: 20 } })));
    const outcomes = [...(await first.done()), ...(await second.done())];
    expect(mostAtOnce(outcomes)).toBe(5);
    expect(new Set(outcomes.map(({ value }) => (value as { threadId: number }).threadId)).size).toBe(1);
    expect(outcomes.every(({ cpuMs }) => cpuMs === undefined)).toBe(true);
    expect(await container.stats()).toMatchObject({ threads: 1 });
  });

  test('answers each invocation when it ends, not when its batch does', async () => {
    const gated = await Gated.start({});
    const batch = gated.container.invoke([{ event: { wait: 'gate' } }, { event: {} }, { event: {} }]);
    await batch.until(() => batch.outcomes.length === 2);
    expect(batch.outcomes.map(({ index, end }) => [index, end])).toEqual([
      [1, false],
      [2, false],
    ]);
    await gated.open('gate');
    await batch.done();
    expect(batch.outcomes[2]).toMatchObject({ index: 0, end: true });
  });

  test('takes batches of many thousands', async () => {
    const { container } = await Gated.start({ concurrency: 64 });
    const outcomes = await container.invoke(times(10_000, () => ({ event: {} }))).done();
    expect(outcomes).toHaveLength(10_000);
    expect(outcomes.every(({ status }) => status === 'ok')).toBe(true);
  });

  test('takes bodies of megabytes', async () => {
    const container = await startContainer();
    const source = 'export default (event) => ({ size: event.length, first: event[0], last: event.at(-1) })';
    await container.init({ codePath: await writeFunction({ 'handler.mjs': source }) });
    const bodies = times(3, (index) => Buffer.alloc(3_000_000 + index, index + 1));
    const outcomes = await container
      .invoke(bodies.map((body) => ({ body, contentType: 'application/octet-stream' })))
      .done();
    expect(outcomes.map(({ value }) => value)).toEqual(
      bodies.map((body, index) => ({ size: body.length, first: index + 1, last: index + 1 })),
    );
  });
});

describe('a CPU function', () => {
  const CPU = { kind: 'cpu', threads: 2, concurrency: 2 } as const;

  test('leaves to one thread what another is too busy for', async () => {
    const gated = await Gated.start(CPU);
    const batch = gated.container.invoke([{ event: { block: 'gate' } }, ...times(30, () => ({ event: {} }))]);
    // all but the heavy one end while that keeps its thread: whoever shared them out beforehand would wait for ever
    await batch.until(() => batch.outcomes.length === 30);
    await gated.open('gate');
    const outcomes = await batch.done();
    const threads = outcomes.map(({ value }) => (value as { threadId: number }).threadId);
    expect(threads.slice(1)).not.toContain(threads[0]);
    expect(outcomes.every(({ status }) => status === 'ok')).toBe(true);
  });

  test('says that an invocation started before its handler is called', async () => {
    const gated = await Gated.start(CPU);
    const batch = gated.container.invoke([{ event: { block: 'gate' } }]);
    await batch.until(() => batch.startedIndices.includes(0));
    expect(batch.outcomes).toEqual([]);
    await gated.open('gate');
    expect(await batch.only()).toMatchObject({ status: 'ok' });
  });

  test('starts another thread only when there is work for it', async () => {
    const gated = await Gated.start(CPU);
    for (let call = 0; call < 5; call += 1) await gated.container.call({}).only();
    expect(await gated.container.stats()).toMatchObject({ threads: 1 });
    const blocked = gated.container.call({ block: 'gate' });
    await blocked.until(() => blocked.startedIndices.length === 1);
    // a second batch in the same container finds the second thread
    expect(await gated.container.call({}).only()).toMatchObject({ status: 'ok' });
    expect(await gated.container.stats()).toMatchObject({ threads: 2, invocationsInFlight: 1 });
    await gated.open('gate');
    await blocked.done();
  });

  test('never has more under way than its concurrency, however that falls on threads', async () => {
    for (const concurrency of [1, 3]) {
      const { container } = await Gated.start({ ...CPU, concurrency });
      const batches = times(3, () => container.invoke(times(8, () => ({ event: { napMs: 10 } }))));
      const outcomes = (await Promise.all(batches.map((batch) => batch.done()))).flat();
      expect(mostAtOnce(outcomes)).toBeLessThanOrEqual(concurrency);
      expect(outcomes.every(({ status }) => status === 'ok')).toBe(true);
    }
  });

  test('interleaves handlers that wait, up to its share on each thread', async () => {
    const gated = await Gated.start({ ...CPU, concurrency: 8 });
    const batch = gated.container.invoke(times(8, () => ({ event: { wait: 'gate' } })));
    await batch.until(() => batch.startedIndices.length === 8);
    await gated.open('gate');
    const outcomes = await batch.done();
    expect(mostAtOnce(outcomes)).toBe(8);
    expect(outcomes.every(({ cpuMs }) => cpuMs === undefined)).toBe(true);
  });

  test.runIf(process.platform === 'linux')('tells the CPU time of each invocation where none interleave', async () => {
    const container = await startContainer();
    // by the process's CPU time, which on a busy machine has little to do with how late it is
    const source = `
      export default async ({ spinMs, sleepMs }) => {
        const before = process.cpuUsage();
        const usedMs = () => { const { user, system } = process.cpuUsage(before); return (user + system) / 1e3; };
        while (usedMs() < spinMs);
        await new Promise((resolve) => setTimeout(resolve, sleepMs));
      };`;
    await container.init({
      codePath: await writeFunction({ 'handler.mjs': source }),
      ...CPU,
      threads: 1,
      concurrency: 1,
    });
    const [slept, spun] = await container
      .invoke([{ event: { spinMs: 0, sleepMs: 100 } }, { event: { spinMs: 60, sleepMs: 0 } }])
      .done();
    expect(slept?.cpuMs).toBeLessThan(30);
    expect(spun?.cpuMs).toBeGreaterThan(30);
    expect(spun?.cpuMs).toBeLessThanOrEqual(Number(spun?.executionEndedAt) - Number(spun?.executionStartedAt) + 5);
  });
});

describe('parallelism: serial', () => {
  test.each(['io', 'cpu'] as const)('one at a time, in the order in which they arrived (%s)', async (kind) => {
    const { container } = await Gated.start({ kind, parallelism: 'serial', threads: 2, concurrency: 64 });
    const batches = times(3, () => container.invoke(times(5, (index) => ({ event: { napMs: index % 2 } }))));
    const outcomes = (await Promise.all(batches.map((batch) => batch.done()))).flat();
    expect(mostAtOnce(outcomes)).toBe(1);
    const starts = outcomes.map(({ executionStartedAt = 0 }) => executionStartedAt);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(await container.stats()).toMatchObject({ threads: 1 });
  });
});

describe('cancel', () => {
  test('ends what has not started; what has goes on', async () => {
    const gated = await Gated.start({ parallelism: 'serial' });
    const batch = gated.container.invoke([{ event: { wait: 'gate' } }, { event: {} }, { event: {} }, { event: {} }]);
    await batch.until(() => batch.startedIndices.includes(0));
    gated.container.cancel(batch, [0, 2, 3, 99]);
    await batch.until(() => batch.outcomes.length === 2);
    expect(batch.outcomes).toMatchObject([
      { index: 2, status: 'failed', code: 'cancelled' },
      { index: 3, status: 'failed', code: 'cancelled' },
    ]);
    await gated.open('gate');
    const outcomes = await batch.done();
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'ok', 'failed', 'failed']);
    expect(batch.startedIndices).toEqual([0, 1]);
    expect(outcomes[2]?.executionStartedAt).toBeUndefined();
  });

  test('of a whole batch ends it', async () => {
    const gated = await Gated.start({ parallelism: 'serial' });
    const first = gated.container.invoke([{ event: { wait: 'gate' } }]);
    const second = gated.container.invoke([{ event: {} }, { event: {} }]);
    gated.container.cancel(second, [0, 1]);
    await second.done();
    expect(second.outcomes.map(({ end }) => end)).toEqual([false, true]);
    await gated.open('gate');
    expect(await first.only()).toMatchObject({ status: 'ok' });
  });
});
