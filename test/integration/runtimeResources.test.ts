import { describe, expect, test } from 'vitest';
import { startHandler } from '../helpers/containerHarness.ts';

const USING = `
  import { threadId } from 'node:worker_threads';
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  let made = 0;
  let disposed = 0;
  let failures = 0;
  const factories = {
    plain: () => ({ number: (made += 1) }),
    slow: async () => { await sleep(20); return { number: (made += 1) }; },
    failing: async () => { await sleep(5); failures += 1; if (failures < 3) throw new Error('failure ' + failures); return { number: (made += 1) }; },
    disposable: () => ({ number: (made += 1), [Symbol.dispose]: () => { disposed += 1; } }),
  };
  export default async ({ key, factory, times = 1 }, { resources }) => {
    if (key === undefined) return { disposed };
    let instance;
    for (let time = 0; time < times; time += 1) instance = await resources.get(key, factories[factory]);
    return { number: instance.number, threadId };
  };`;

function numbers(outcomes: readonly { value: unknown }[]): (number | undefined)[] {
  return outcomes.map(({ value }) => (value as { number: number } | undefined)?.number);
}

function counts(outcomes: readonly { resourcesCreated?: number; resourcesReused?: number }[]): number[][] {
  return outcomes.map(({ resourcesCreated = 0, resourcesReused = 0 }) => [resourcesCreated, resourcesReused]);
}

describe('context.resources', () => {
  test('has one instance a key; those that miss at the same time wait for one creation', async () => {
    const container = await startHandler(USING);
    const calls = ['a', 'a', 'b', 'a'].map((key) => ({ event: { key, factory: 'slow' } }));
    const outcomes = await container.invoke(calls).done();
    expect(numbers(outcomes)).toEqual([1, 1, 2, 1]);
    expect(counts(outcomes)).toEqual([
      [1, 0],
      [0, 1],
      [1, 0],
      [0, 1],
    ]);
    const later = await container.invoke([{ event: { key: 'a', factory: 'slow', times: 3 } }]).done();
    expect(numbers(later)).toEqual([1]);
    expect(counts(later)).toEqual([[0, 3]]);
    expect(await container.stats()).toMatchObject({ resourcesLive: 2, resourcesCreated: 2, resourcesReused: 5 });
  });

  test('does not keep a creation that failed', async () => {
    const container = await startHandler(USING);
    const failing = { event: { key: 'a', factory: 'failing' } };
    const together = await container.invoke([failing, failing]).done();
    expect(together.map(({ message }) => message)).toEqual(['failure 1', 'failure 1']);
    expect(counts(together)).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect((await container.invoke([failing]).only()).message).toBe('failure 2');
    expect(numbers(await container.invoke([failing]).done())).toEqual([1]);
  });

  test('has an instance of its own on each thread', async () => {
    const container = await startHandler(USING, { kind: 'cpu', threads: 2, concurrency: 2 });
    const calls = Array.from({ length: 40 }, () => ({ event: { key: 'a', factory: 'slow' } }));
    const outcomes = await container.invoke(calls).done();
    const threads = new Set(outcomes.map(({ value }) => (value as { threadId: number }).threadId));
    const created = counts(outcomes).reduce((sum, [own = 0]) => sum + own, 0);
    expect(created).toBe(threads.size);
    expect(await container.stats()).toMatchObject({ resourcesLive: threads.size, resourcesCreated: threads.size });
  });

  test('creates for every call where multiplexing is off, and ends what it made with the invocation', async () => {
    const container = await startHandler(USING, { multiplexing: false });
    const outcomes = await container
      .invoke([
        { event: { key: 'a', factory: 'disposable', times: 2 } },
        { event: { key: 'a', factory: 'disposable' } },
      ])
      .done();
    expect(new Set(numbers(outcomes)).size).toBe(2);
    expect(counts(outcomes)).toEqual([
      [2, 0],
      [1, 0],
    ]);
    expect((await container.call({}).only()).value).toEqual({ disposed: 3 });
    expect(await container.stats()).toMatchObject({ resourcesLive: 0, resourcesCreated: 3, resourcesReused: 0 });
  });

  test('says what it was given that is no key or factory', async () => {
    const container = await startHandler(
      'export default (which, { resources }) => which ? resources.get(7, () => 1) : resources.get("k")',
    );
    const outcomes = await container.invoke([{ event: true }, { event: false }]).done();
    expect(outcomes.map(({ message }) => message)).toEqual([
      'TypeError: resources.get: the key must be a string, not number',
      "TypeError: resources.get('k'): the factory must be a function, not undefined",
    ]);
  });
});
