import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/lib/random.ts';
import type { Outcome } from '../../src/protocol/invocation.ts';
import { Dispatcher } from '../../src/scheduling/dispatcher.ts';
import type { StrategyDescription } from '../../src/scheduling/strategy.ts';
import { VirtualFleet, type VirtualFleetOptions } from './virtualFleet.ts';
import { VirtualClock } from './virtualTime.ts';

const DISPATCH_INTERVAL_MS = 200;
const MAX_START_MS = 120;

interface World {
  readonly seed: number;
  readonly functions: number;
  readonly arrivals: readonly number[];
  readonly limits: Pick<
    VirtualFleetOptions,
    'maxContainers' | 'maxContainersPerFunction' | 'maxStartsInFlight' | 'maxBatchSize'
  >;
  readonly faults: { readonly startFailures: number; readonly losses: number; readonly cancels: number };
  readonly idempotent: boolean;
  readonly release: 'each' | 'batch';
  readonly parameters: Readonly<Record<string, string>>;
}

const NO_LIMITS = { maxContainers: 1e6, maxContainersPerFunction: 1e6, maxStartsInFlight: 1e6, maxBatchSize: 1e6 };
const NO_FAULTS = { startFailures: 0, losses: 0, cancels: 0 };

const calm: fc.Arbitrary<World> = fc.record({
  seed: fc.nat(),
  functions: fc.integer({ min: 1, max: 4 }),
  arrivals: fc.array(fc.double({ min: 0, max: 2_000, noNaN: true }), { minLength: 1, maxLength: 120 }),
  limits: fc.constant(NO_LIMITS),
  faults: fc.constant(NO_FAULTS),
  idempotent: fc.boolean(),
  release: fc.constantFrom('each', 'batch'),
  parameters: fc.record({ window: fc.constantFrom('tick', 'arrival'), whileStarting: fc.constantFrom('new', 'join') }),
});

const rough: fc.Arbitrary<World> = fc
  .tuple(
    calm,
    fc.record({
      maxContainers: fc.integer({ min: 1, max: 12 }),
      maxContainersPerFunction: fc.integer({ min: 1, max: 6 }),
      maxStartsInFlight: fc.integer({ min: 1, max: 4 }),
      maxBatchSize: fc.integer({ min: 1, max: 20 }),
    }),
    fc.record({
      startFailures: fc.constantFrom(0, 0.1, 0.5),
      losses: fc.constantFrom(0, 0.3, 1),
      cancels: fc.constantFrom(0, 0.2),
    }),
  )
  .map(([world, limits, faults]) => ({ ...world, limits, faults }));

function play(description: StrategyDescription, world: World) {
  const clock = new VirtualClock();
  const random = seededRandom(world.seed);
  const strategy = description.create({
    dispatchIntervalMs: DISPATCH_INTERVAL_MS,
    random,
    parameters: world.parameters,
  });
  const dispatcher: Dispatcher<VirtualFleet> = new Dispatcher(
    {
      strategy,
      clock,
      limits: { maxQueueLength: 1e6, maxQueueLengthPerFunction: 1e6, maxQueueBytes: 2 ** 30 },
      queueTimeoutMs: 60_000,
      maxAttempts: 5,
      maxStartFailures: 3,
      release: world.release,
      isIdempotent: () => world.idempotent,
      idPrefix: '',
    },
    (events) =>
      new VirtualFleet(
        clock,
        {
          ...world.limits,
          parallelism: description.parallelism,
          startMs: () => 10 + random() * (MAX_START_MS - 10),
          serviceMs: () => 1 + random() ** 4 * 2_000,
          startFails: () => random() < world.faults.startFailures,
          livesMs: () => (random() < world.faults.losses ? random() * 500 : Number.POSITIVE_INFINITY),
          keepAliveMs: 1_000,
          random,
        },
        events,
        (key) => dispatcher.waitingFor(key) > 0,
      ),
  );
  const outcomes = new Map<string, Outcome[]>();
  for (const [index, at] of world.arrivals.entries()) {
    const id = `i${index}`;
    outcomes.set(id, []);
    clock.callAt(at, () => {
      const functionKey = `f${Math.floor(random() * world.functions)}`;
      const invocation = { id, functionKey, contentType: 'application/json', body: new Uint8Array(0), acceptedAt: at };
      dispatcher.submit(invocation, (outcome) => outcomes.get(id)?.push(outcome));
      if (random() < world.faults.cancels) clock.callAt(at + random() * 300, () => dispatcher.cancel(id));
    });
  }
  clock.runToEnd();
  return { fleet: dispatcher.fleet, outcomes, dispatcher, strategy };
}

/** What must hold for every strategy, with random arrivals, durations, limits and faults. To be called in a describe block. */
export function itSchedules(description: StrategyDescription): void {
  it('ends each accepted invocation in exactly one outcome, whatever fails', () => {
    fc.assert(
      fc.property(rough, (world) => {
        const { outcomes, fleet, dispatcher } = play(description, world);
        expect(fleet.violations).toEqual([]);
        for (const [id, ends] of outcomes) expect(ends, `outcomes of ${id}`).toHaveLength(1);
        expect(dispatcher.inFlight).toBe(0);
        expect(dispatcher.waiting).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('dispatches nothing before it arrived', () => {
    fc.assert(
      fc.property(rough, (world) => {
        const { outcomes } = play(description, world);
        for (const [outcome] of outcomes.values()) {
          if (outcome?.dispatchedAt === undefined) continue;
          expect(outcome.dispatchedAt).toBeGreaterThanOrEqual(outcome.acceptedAt);
          expect(outcome.dispatchedAt).toBeGreaterThanOrEqual(outcome.batchedAt ?? Number.POSITIVE_INFINITY);
          expect(outcome.completedAt).toBeGreaterThanOrEqual(outcome.executionEndedAt ?? 0);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('ends everything ok where nothing fails, within the wait that the strategy declares', () => {
    fc.assert(
      fc.property(calm, (world) => {
        const { outcomes, fleet, strategy } = play(description, world);
        const longestStart = Math.max(...fleet.startDurations);
        const { ms, starts } = strategy.waitBound;
        for (const [outcome] of outcomes.values()) {
          if (outcome?.dispatchedAt === undefined) throw new Error('not dispatched');
          expect(outcome.status).toBe('ok');
          const serialStarts = starts === 'serial' ? startsAhead(outcome, [...outcomes.values()].flat()) : 1;
          expect(outcome.dispatchedAt - outcome.acceptedAt).toBeLessThanOrEqual(
            ms + serialStarts * longestStart + 1e-6,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the order within a function for first attempts', () => {
    fc.assert(
      fc.property(calm, (world) => {
        const { outcomes } = play(description, world);
        const byFunction = new Map<string, Outcome[]>();
        for (const [outcome] of outcomes.values()) {
          if (outcome === undefined) throw new Error('no outcome');
          byFunction.set(outcome.functionKey, [...(byFunction.get(outcome.functionKey) ?? []), outcome]);
        }
        for (const ends of byFunction.values()) {
          const arrived = ends.sort((a, b) => a.acceptedAt - b.acceptedAt);
          for (let i = 1; i < arrived.length; i += 1) {
            expect(arrived[i]?.dispatchedAt).toBeGreaterThanOrEqual(arrived[i - 1]?.dispatchedAt ?? 0);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
}

/** Invocations of the same function that closed in the same or an earlier window: each may cost a start. */
function startsAhead(outcome: Outcome, all: readonly Outcome[]): number {
  return all.filter(
    (other) => other.functionKey === outcome.functionKey && (other.batchedAt ?? 0) <= (outcome.batchedAt ?? 0),
  ).length;
}
