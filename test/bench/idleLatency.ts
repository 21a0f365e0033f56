import { availableParallelism } from 'node:os';
import { seededRandom } from '../../src/lib/random.ts';
import type { Bench, Benchmark, Finding, Variant } from './benchmark.ts';
import { startHttpEcho } from './bounds.ts';
import { compare, type Measured, median } from './comparison.ts';
import { withCpuTime } from './cpuTime.ts';
import { interleave } from './rounds.ts';
import type { Target } from './target.ts';
import { startFaasBatch, startVanilla, warmUp } from './warm.ts';

const SIZES = {
  quick: { rounds: 3, calls: 500, windowedCalls: 30 },
  full: { rounds: 9, calls: 2_000, windowedCalls: 60 },
} as const;
const DISPATCH_INTERVAL_MS = 20;
const SEED = 5432;

interface Timed {
  readonly target: Target;
  readonly pausesMs: readonly number[];
}

/** What a caller who is alone waits for the platform. */
export const idleLatency: Benchmark = {
  name: 'idle-latency',
  question: 'warm echo, one connection, one call after another: p50; ratio of vanilla, which dispatches at once',

  async run(bench: Bench): Promise<Finding> {
    const { rounds, calls, windowedCalls } = SIZES[bench.size];
    const echo = await startHttpEcho(bench.releases);
    const vanilla = await startVanilla(availableParallelism(), bench);
    const windowed = await startFaasBatch(DISPATCH_INTERVAL_MS, bench);
    const atOnce = Array.from({ length: calls }, () => 0);
    const paused = overWholeWindow(windowedCalls);
    // Whoever has slept between calls is slower, the bound too: each is compared with the bound called in the same way.
    const timed: Timed[] = [
      { target: echo, pausesMs: atOnce },
      { target: vanilla, pausesMs: atOnce },
      { target: echo, pausesMs: paused },
      { target: windowed, pausesMs: paused },
    ];
    await warmUp([echo, vanilla, windowed], bench);
    const samples = await interleave(timed, rounds, ({ target, pausesMs }) =>
      withCpuTime(target, async () => {
        const latenciesMs = await bench.load.latencies(target.call(0), pausesMs);
        return { value: median(latenciesMs) * 1_000, invocations: latenciesMs.length };
      }),
    );
    const measured = (index: number): Measured => ({
      name: timed[index]?.target.name ?? '',
      samples: samples[index] ?? [],
    });
    const headline = withAdded(measured(1), measured(0), 0);
    const others = withAdded(measured(3), measured(2), (DISPATCH_INTERVAL_MS / 2) * 1_000);
    return { unit: 'µs', better: 'lower', boundName: echo.name, headline, variants: [headline, others] };
  },
};

/**
 * A caller who calls again at once always finds a window that has just begun. These pauses let calls come at all times
 * of a window alike, so that the median wait is half of one.
 */
function overWholeWindow(calls: number): number[] {
  const random = seededRandom(SEED, 'pauses');
  return Array.from({ length: calls }, (_, index) => ({ index, order: random() }))
    .sort((left, right) => left.order - right.order)
    .map(({ index }) => ((index + 0.5) / calls) * DISPATCH_INTERVAL_MS);
}

/** @param windowUs the wait that the strategy is meant to cause, told apart from what it costs */
function withAdded(measured: Measured, bound: Measured, windowUs: number): Variant {
  const comparison = compare(measured, bound, 'lower');
  const addedUs = median(comparison.values.map((value, round) => value - (bound.samples[round]?.value ?? Number.NaN)));
  const details = windowUs === 0 ? { addedUs } : { addedUs, addedBesideHalfWindowUs: addedUs - windowUs };
  return { ...comparison, details };
}
