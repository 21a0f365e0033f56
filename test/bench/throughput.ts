import { availableParallelism } from 'node:os';
import type { Bench, Benchmark, Finding, Variant } from './benchmark.ts';
import { startHttpEcho } from './bounds.ts';
import { compare, type Measured } from './comparison.ts';
import { withCpuTime } from './cpuTime.ts';
import { treeOf } from './processTree.ts';
import { interleave } from './rounds.ts';
import type { Target } from './target.ts';
import { CONNECTIONS, startFaasBatch, startVanilla, warmUp } from './warm.ts';

const SIZES = { quick: { rounds: 3, roundMs: 800 }, full: { rounds: 7, roundMs: 2_500 } } as const;
/** The shortest that is a window at all: a longer one only makes 50 connections wait. */
const DISPATCH_INTERVAL_MS = 1;

/** Warm `echo` through gateway, dispatcher, container and back, as often as it goes. */
export const throughput: Benchmark = {
  name: 'throughput',
  question: `warm echo, ${CONNECTIONS} connections; ratio of the better strategy`,

  async run(bench: Bench): Promise<Finding> {
    const { rounds, roundMs } = SIZES[bench.size];
    const echo = await startHttpEcho(bench.releases);
    const platforms = [
      await startVanilla(availableParallelism(), bench),
      await startFaasBatch(DISPATCH_INTERVAL_MS, bench),
    ];
    await warmUp([echo, ...platforms], bench);
    const [ofBound = [], ...ofPlatforms] = await interleave([echo, ...platforms], rounds, (target) =>
      withCpuTime(target, async () => {
        const { calls, elapsedMs } = await bench.load.rate(target.call(0), CONNECTIONS, roundMs);
        return { value: (calls / elapsedMs) * 1_000, invocations: calls };
      }),
    );
    const bound: Measured = { name: echo.name, samples: ofBound };
    const variants = platforms.map((platform, index): Variant => {
      const measured = { name: platform.name, samples: ofPlatforms[index] ?? [] };
      return { ...compare(measured, bound, 'higher'), details: { containers: containersOf(platform) } };
    });
    const headline = variants.reduce((best, variant) => (variant.ratio > best.ratio ? variant : best));
    return { unit: 'invocations/s', better: 'higher', boundName: echo.name, headline, variants };
  },
};

/** The process engine's: a worker has no other children. */
function containersOf({ pid }: Target): number {
  return treeOf(pid).length - 1;
}
