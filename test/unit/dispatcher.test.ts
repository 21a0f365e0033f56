import { describe, expect, it } from 'vitest';
import type { Invocation, Outcome } from '../../src/protocol/invocation.ts';
import { Dispatcher, type DispatcherOptions } from '../../src/scheduling/dispatcher.ts';
import type { Batch, Fleet, FleetEvents } from '../../src/scheduling/fleet.ts';
import type { Command, SchedulingEvent, Strategy } from '../../src/scheduling/strategy.ts';
import { VirtualClock } from '../helpers/virtualTime.ts';

/** A fleet that does nothing by itself: the test says what happens. */
class ScriptedFleet implements Fleet {
  readonly capacity = {
    cores: 2,
    coresIdle: 2,
    startsInFlight: 0,
    maxStartsInFlight: 2,
    memoryFreeBytes: 1,
    canStart: () => true,
    limits: () => ({ maxContainers: 9, maxBatchSize: 9, maxBatchBytes: 9, concurrency: 9, kind: 'io' as const }),
  };
  readonly told: string[] = [];
  failsToSend = false;

  start(containerId: string): void {
    this.told.push(`start ${containerId}`);
  }

  dispatch(containerId: string, { invocations }: Batch): void {
    if (this.failsToSend) throw new Error('too large');
    this.told.push(`dispatch ${invocations.map(({ id }) => id)} to ${containerId}`);
  }

  cancel(containerId: string, _batchId: string, invocationId: string): void {
    this.told.push(`cancel ${invocationId} in ${containerId}`);
  }

  retire(containerId: string): void {
    this.told.push(`retire ${containerId}`);
  }
}

function setUp(handle: (event: SchedulingEvent) => Command[], options: Partial<DispatcherOptions> = {}) {
  const clock = new VirtualClock();
  const strategy: Strategy = { name: 'scripted', waitBound: { ms: 0, starts: 'one' }, handle };
  const fleet = new ScriptedFleet();
  const outcomes: Outcome[] = [];
  const dispatcher = new Dispatcher(
    {
      strategy,
      clock,
      limits: { maxQueueLength: 3, maxQueueLengthPerFunction: 2, maxQueueBytes: 10 },
      queueTimeoutMs: 100,
      maxAttempts: 5,
      maxStartFailures: 3,
      release: 'each',
      isIdempotent: () => true,
      idPrefix: '',
      ...options,
    },
    (_events: FleetEvents) => fleet,
  );
  const submit = (id: string, functionKey = 'f', bytes = 1) => {
    const body = new Uint8Array(bytes);
    const invocation: Invocation = { id, functionKey, contentType: 'text/plain', body, acceptedAt: clock.now() };
    dispatcher.submit(invocation, (outcome) => outcomes.push(outcome));
  };
  return { clock, fleet, dispatcher, outcomes, submit };
}

/** Starts a container for the first arrival and sends everything there once it is ready. */
function oneContainer(): (event: SchedulingEvent) => Command[] {
  const waiting = new Map<string, SchedulingEvent & { type: 'arrival' }>();
  let started = false;
  return (event) => {
    if (event.type === 'arrival') {
      waiting.set(event.invocation.id, event);
      if (started) return [];
      started = true;
      return [{ type: 'start', containerId: 'c1', functionKey: 'f' }];
    }
    if (event.type !== 'containerReady') return [];
    const invocations = [...waiting.values()].map(({ invocation }) => invocation);
    waiting.clear();
    return [{ type: 'dispatch', containerId: event.containerId, invocations }];
  };
}

const TIMES = { startRequestedAt: 0, readyAt: 0, prewarmed: false };

describe('what a strategy commands', () => {
  it('reject: the invocation ends as failed, with the reason', () => {
    const { outcomes, submit, dispatcher } = setUp((event) =>
      event.type === 'arrival' ? [{ type: 'reject', invocation: event.invocation, reason: 'not today' }] : [],
    );
    submit('a');
    expect(outcomes).toMatchObject([{ status: 'failed', code: 'refused_by_strategy', message: 'not today' }]);
    expect(dispatcher.waiting).toBe(0);
  });

  it('retire: the fleet is told', () => {
    const { fleet, submit } = setUp(() => [{ type: 'retire', containerId: 'c7' }]);
    submit('a');
    expect(fleet.told).toEqual(['retire c7']);
  });

  it('dispatch of a batch that cannot be sent: its invocations end, and are not left hanging', () => {
    const { fleet, dispatcher, outcomes, submit } = setUp(oneContainer());
    submit('a');
    fleet.failsToSend = true;
    dispatcher.containerReady('c1', TIMES);
    expect(outcomes).toMatchObject([
      { status: 'failed', code: 'internal', message: expect.stringContaining('too large') },
    ]);
  });
});

describe('at the door', () => {
  it('each limit is named', () => {
    const { submit } = setUp(() => []);
    submit('a');
    submit('b');
    expect(() => submit('b')).toThrow('b is under way already');
    expect(() => submit('c')).toThrow('maxQueueLengthPerFunction = 2');
    expect(() => submit('d', 'g', 9)).toThrow('maxQueueBytes = 10');
    submit('e', 'g');
    expect(() => submit('f', 'h')).toThrow('maxQueueLength = 3');
  });
});

describe('a caller who hangs up', () => {
  it('while the call waits ends it as cancelled', () => {
    const { dispatcher, outcomes, submit } = setUp(() => []);
    submit('a');
    dispatcher.cancel('a');
    expect(outcomes).toMatchObject([{ status: 'failed', code: 'cancelled' }]);
  });

  it('after it was dispatched: the container decides, and a loss does not bring it back', () => {
    const { fleet, dispatcher, outcomes, submit } = setUp(oneContainer());
    submit('a');
    dispatcher.containerReady('c1', TIMES);
    dispatcher.cancel('a');
    expect(fleet.told.at(-1)).toBe('cancel a in c1');
    dispatcher.containerGone('c1', 'killed');
    expect(outcomes).toMatchObject([{ status: 'failed', code: 'cancelled' }]);
  });
});

describe('time', () => {
  it('a call that comes back from a lost container waits no longer than its own limit', () => {
    const { clock, dispatcher, outcomes, submit } = setUp(oneContainer());
    submit('a');
    dispatcher.containerReady('c1', TIMES);
    clock.callAt(50, () => submit('b'));
    clock.callAt(90, () => dispatcher.containerGone('c1', 'killed'));
    clock.runToEnd();
    expect(outcomes.map(({ invocationId, code, completedAt }) => [invocationId, code, completedAt])).toEqual([
      ['a', 'queue_timeout', 100],
      ['b', 'queue_timeout', 150],
    ]);
  });
});

describe('after close', () => {
  it('everything has ended, and what the fleet still says changes nothing', () => {
    const { fleet, dispatcher, outcomes, submit } = setUp(oneContainer());
    submit('a');
    dispatcher.close();
    expect(outcomes).toMatchObject([{ status: 'failed', code: 'shutdown' }]);
    dispatcher.containerReady('c1', TIMES);
    dispatcher.containerGone('c1', 'stopped');
    expect(fleet.told).toEqual(['start c1']);
    expect(outcomes).toHaveLength(1);
  });
});
