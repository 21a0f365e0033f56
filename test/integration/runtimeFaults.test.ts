import { describe, expect, test } from 'vitest';
import { type ContainerHarness, startHandler } from '../helpers/containerHarness.ts';

/** Handlers that leave faults behind; each event names one. `gate` keeps a neighbour under way until it is opened. */
const FAULTY = `
  import { EventEmitter } from 'node:events';
  const forever = () => new Promise(() => {});
  let open;
  const gate = new Promise((resolve) => { open = resolve; });
  const faults = {
    neighbour: () => gate.then(() => 'unharmed'),
    open: () => open(),
    rejection: () => { Promise.reject(new Error('left behind')); return forever(); },
    lateRejection: () => { setTimeout(() => Promise.reject('late'), 5); return forever(); },
    nullRejection: () => { Promise.reject(null); return forever(); },
    timer: () => { setTimeout(() => { throw new RangeError('from a timer'); }, 5); return forever(); },
    tick: () => { process.nextTick(() => { throw 'from a tick'; }); return forever(); },
    emitter: () => { setImmediate(() => new EventEmitter().emit('error', new Error('unheard'))); return forever(); },
    exit: () => process.exit(3),
    exitCaught: () => { try { process.exit(); } catch { return 'went on'; } },
    exitLater: () => { setTimeout(() => process.exit(1), 5); return forever(); },
    reallyExit: () => process.reallyExit(9),
    afterwards: () => { setTimeout(() => { throw new Error('too late'); }, 5); return 'fine'; },
    rejectedAndReturned: () => { setTimeout(() => Promise.reject(new Error('too late')), 5); return 'fine'; },
    unprotected: () => { process.removeAllListeners(); setTimeout(() => { throw new Error('no listeners'); }, 1); return forever(); },
    abort: () => process.abort(),
    fine: () => 'fine',
  };
  export default (event) => faults[event]();`;

async function withNeighbour(container: ContainerHarness, fault: string): Promise<unknown> {
  const neighbour = container.call('neighbour');
  await neighbour.until(() => neighbour.startedIndices.length > 0);
  const outcome = await container.call(fault).only();
  await container.call('open').only();
  expect((await neighbour.only()).body.toString()).toBe('unharmed');
  // The thread is the same, so that nothing was lost with it.
  expect(await container.stats()).toMatchObject({ threads: 1 });
  return outcome;
}

describe('what a handler leaves behind ends its own invocation, and no other', () => {
  test.each([
    ['rejection', 'unhandled_rejection', 'left behind'],
    ['lateRejection', 'unhandled_rejection', 'late'],
    ['nullRejection', 'unhandled_rejection', 'null was thrown'],
    ['timer', 'uncaught_exception', 'RangeError: from a timer'],
    ['tick', 'uncaught_exception', 'from a tick'],
    ['emitter', 'uncaught_exception', 'unheard'],
    ['unprotected', 'uncaught_exception', 'no listeners'],
    ['exit', 'process_exit', 'process.exit(3)'],
    ['exitCaught', 'process_exit', 'process.exit()'],
    ['exitLater', 'process_exit', 'process.exit(1)'],
    ['reallyExit', 'process_exit', 'process.exit(9)'],
    // not allowed in a thread, so that it is an error like others
    ['abort', 'handler_error', 'process.abort'],
  ])('%s', async (fault, code, message) => {
    const container = await startHandler(FAULTY);
    const outcome = await withNeighbour(container, fault);
    expect(outcome).toMatchObject({ status: 'error', code, end: true });
    expect((outcome as { message: string }).message).toContain(message);
  });

  test.each(['afterwards', 'rejectedAndReturned'])(
    '%s: an invocation that is over stays as it ended',
    async (fault) => {
      const container = await startHandler(FAULTY);
      expect(await withNeighbour(container, fault)).toMatchObject({ status: 'ok' });
      await expect.poll(() => container.stderr).toMatch(/of invocation .*, which is over: Error: too late/);
    },
  );

  test('in a thread of a CPU function as well', async () => {
    const container = await startHandler(FAULTY, { kind: 'cpu', concurrency: 2, threads: 2 });
    const events = Array.from({ length: 20 }, (_, index) => (index % 4 === 0 ? 'timer' : 'fine'));
    const outcomes = await container.invoke(events.map((event) => ({ event }))).done();
    expect(outcomes.map(({ status }) => status)).toEqual(events.map((event) => (event === 'fine' ? 'ok' : 'error')));
  });
});

/** Objects on the heap until it is full; arrays of them, since V8 aborts the process for some other ways. */
const HUNGRY = `
  const hoard = [];
  export default async (event) => {
    if (event === 'wait') return new Promise((resolve) => setTimeout(() => resolve('waited'), 60_000));
    if (event !== 'hoard') return 'fine';
    for (let round = 0; ; round += 1) {
      hoard.push(Array.from({ length: 10_000 }, (_, at) => ({ at, round })));
      if (round % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };`;

describe('a thread that dies', () => {
  test('of memory, alone with one invocation: that invocation needed too much', async () => {
    const container = await startHandler(HUNGRY, { memoryMb: 32, kind: 'cpu', threads: 1, concurrency: 1 });
    const batch = container.invoke([{ event: 'fine' }, { event: 'hoard' }, { event: 'fine' }, { event: 'fine' }]);
    const outcomes = await batch.done();
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'error', 'ok', 'ok']);
    expect(outcomes[1]).toMatchObject({ code: 'out_of_memory', message: expect.stringContaining('memoryMb = 32') });
    expect(outcomes[1]?.executionStartedAt).toBeGreaterThan(0);
    expect((await container.call('fine').only()).status).toBe('ok');
  });

  test('of memory, with several under way: nobody is blamed, and what waited goes on', async () => {
    const container = await startHandler(HUNGRY, { memoryMb: 32, concurrency: 3 });
    const events = ['wait', 'hoard', 'wait', 'fine', 'fine'];
    const outcomes = await container.invoke(events.map((event) => ({ event }))).done();
    expect(outcomes.map(({ status, code }) => code ?? status)).toEqual([
      'thread_lost',
      'thread_lost',
      'thread_lost',
      'ok',
      'ok',
    ]);
    expect(outcomes[0]).toMatchObject({ status: 'failed' });
  });

  test('one of two: the other goes on, and both batches end', async () => {
    const container = await startHandler(HUNGRY, { memoryMb: 32, kind: 'cpu', threads: 2, concurrency: 2 });
    const first = container.invoke([{ event: 'fine' }, { event: 'hoard' }, { event: 'fine' }, { event: 'fine' }]);
    const second = container.invoke([{ event: 'fine' }, { event: 'fine' }]);
    expect((await first.done()).map(({ status }) => status)).toEqual(['ok', 'error', 'ok', 'ok']);
    expect((await second.done()).map(({ status }) => status)).toEqual(['ok', 'ok']);
  });
});
