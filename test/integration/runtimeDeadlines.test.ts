import { describe, expect, test } from 'vitest';
import { startHandler } from '../helpers/containerHarness.ts';

const SLOW = `
  import { execFileSync } from 'node:child_process';
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  let aborted = 'not yet';
  let calls = 0;
  const handlers = {
    never: (_, { signal }) => { signal.addEventListener('abort', () => { aborted = signal.reason.name; }); return new Promise(() => {}); },
    late: () => sleep(400).then(() => 'late'),
    badListener: (_, { signal }) => { signal.addEventListener('abort', () => { throw new Error('in a listener'); }); return sleep(60_000); },
    aborted: () => aborted,
    spin: () => { for (;;) calls += 1; },
    microtasks: async () => { for (;;) await null; },
    spinAfterwards: () => { setTimeout(() => { for (;;) calls += 1; }, 1); return 'fine'; },
    wait: () => sleep(60_000),
    kernel: () => execFileSync('sleep', ['5']),
    fine: () => 'fine',
  };
  export default (event, context) => handlers[event](event, context);`;

describe('an asynchronous handler past its deadline', () => {
  test('is answered at once and told so; what it returns later is dropped', async () => {
    const container = await startHandler(SLOW, { timeoutMs: 150 });
    const outcomes = await container.invoke([{ event: 'never' }, { event: 'fine' }, { event: 'late' }]).done();
    expect(outcomes.map(({ status }) => status)).toEqual(['timeout', 'ok', 'timeout']);
    const [timedOut] = outcomes;
    expect(timedOut).toMatchObject({ code: 'timeout', message: expect.stringContaining('timeoutMs = 150') });
    const ranMs = Number(timedOut?.executionEndedAt) - Number(timedOut?.executionStartedAt);
    expect(ranMs).toBeGreaterThanOrEqual(150);
    expect(ranMs).toBeLessThan(400);
    expect((await container.call('aborted').only()).body.toString()).toBe('TimeoutError');
    // `late` has come to its end by now
    await container.call('late').only();
    expect((await container.call('fine').only()).status).toBe('ok');
    expect(await container.stats()).toMatchObject({ threads: 1, invocationsInFlight: 0 });
  });

  test('makes room for the next', async () => {
    const container = await startHandler(SLOW, { timeoutMs: 100, parallelism: 'serial' });
    const outcomes = await container.invoke([{ event: 'never' }, { event: 'never' }, { event: 'fine' }]).done();
    expect(outcomes.map(({ status }) => status)).toEqual(['timeout', 'timeout', 'ok']);
  });

  test('does no harm with what its abort listener throws', async () => {
    const container = await startHandler(SLOW, { timeoutMs: 100 });
    expect(await container.call('badListener').only()).toMatchObject({ status: 'timeout' });
    expect(await container.call('fine').only()).toMatchObject({ status: 'ok' });
    expect(await container.stats()).toMatchObject({ threads: 1 });
  });
});

describe('a synchronous handler past its deadline', () => {
  test.each(['spin', 'microtasks'])(
    'loses its thread, and the rest of the batch goes on in another: %s',
    async (event) => {
      const container = await startHandler(SLOW, { timeoutMs: 200, kind: 'cpu', threads: 1, concurrency: 1 });
      const outcomes = await container.invoke([{ event: 'fine' }, { event }, { event: 'fine' }]).done();
      expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'timeout', 'ok']);
      const stuck = outcomes[1];
      const ranMs = Number(stuck?.executionEndedAt) - Number(stuck?.executionStartedAt);
      expect(ranMs).toBeGreaterThanOrEqual(200);
      expect(ranMs).toBeLessThan(1_500);
      expect((await container.call('fine').only()).status).toBe('ok');
    },
  );

  test('as the last of its batch still loses its thread', async () => {
    const container = await startHandler(SLOW, { timeoutMs: 100, kind: 'cpu', threads: 1, concurrency: 1 });
    expect(await container.call('spin').only()).toMatchObject({ status: 'timeout' });
    await expect.poll(async () => (await container.stats()).threads).toBe(0);
    expect(await container.call('fine').only()).toMatchObject({ status: 'ok' });
  });

  test('takes its neighbours on the thread along, which are not to blame', async () => {
    const container = await startHandler(SLOW, { timeoutMs: 700, concurrency: 3 });
    const waiting = container.call('wait');
    await waiting.until(() => waiting.startedIndices.length > 0);
    // later, so that it is not past its deadline itself when the thread is terminated
    expect(await container.call('late').only()).toMatchObject({ status: 'ok' });
    const others = container.invoke([{ event: 'spin' }, { event: 'fine' }, { event: 'fine' }, { event: 'fine' }]);
    expect(await waiting.only()).toMatchObject({ status: 'timeout' });
    const outcomes = await others.done();
    expect(outcomes[0]).toMatchObject({ status: 'failed', code: 'thread_lost' });
    // claimed with it but not begun, or not claimed: neither is lost
    expect(outcomes.slice(1).map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
    expect(others.startedIndices.toSorted()).toEqual([0, 1, 2, 3]);
  });

  test('does not hold up the other threads', async () => {
    const container = await startHandler(SLOW, { timeoutMs: 400, kind: 'cpu', threads: 2, concurrency: 2 });
    const batch = container.invoke([{ event: 'spin' }, ...Array.from({ length: 20 }, () => ({ event: 'fine' }))]);
    const outcomes = await batch.done();
    expect(outcomes.filter(({ status }) => status === 'ok')).toHaveLength(20);
    expect(batch.outcomes.at(-1)).toMatchObject({ index: 0, status: 'timeout', end: true });
  });
});

describe('a thread that is kept by something else', () => {
  test('that a call left behind is replaced', async () => {
    const container = await startHandler(SLOW, { timeoutMs: 100 });
    expect(await container.call('spinAfterwards').only()).toMatchObject({ status: 'ok' });
    expect(await container.call('fine').only()).toMatchObject({ status: 'ok' });
  });

  test('in the kernel, where it cannot be terminated, costs the container', async () => {
    const container = await startHandler(SLOW, { timeoutMs: 100, kind: 'cpu', threads: 1, concurrency: 1 });
    const batch = container.invoke([{ event: 'kernel' }, { event: 'fine' }]);
    await batch.until(() => batch.outcomes.length === 1);
    expect(batch.outcomes[0]).toMatchObject({ index: 0, status: 'timeout' });
    await container.exited;
    expect(container.stderr).toContain('could not be terminated');
    await expect(batch.done()).rejects.toThrow('connection closed');
  });
});
