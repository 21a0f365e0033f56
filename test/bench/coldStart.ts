import type { Bench, Benchmark, Finding, Variant } from './benchmark.ts';
import { startLauncher } from './bounds.ts';
import { compare, type Measured, quantile } from './comparison.ts';
import { withCpuTime } from './cpuTime.ts';
import { startPlatform, temporaryFolder } from './platform.ts';
import { idle } from './processTree.ts';
import { interleave } from './rounds.ts';

const ROUNDS = { quick: 8, full: 40 } as const;
/** First calls that do not count: until then, the worker's and the bound's own code is not compiled. */
const DISCARDED = 2;

/** How long the first call of a function takes, whose container has to be started for it. */
export const coldStart: Benchmark = {
  name: 'cold-start',
  question: 'process engine: from submitting to the outcome of the first echo of a function nobody called before',

  async run(bench: Bench): Promise<Finding> {
    const { load, releases, size } = bench;
    const rounds = ROUNDS[size] + DISCARDED;
    const launcher = await startLauncher(await temporaryFolder(releases), releases);
    // Each round calls another function, and its container stays: nothing is torn down while something is measured.
    const config = { strategy: 'vanilla', maxContainers: rounds + 1, memoryBudgetMb: Number.MAX_SAFE_INTEGER } as const;
    const platform = await startPlatform({ name: 'vanilla, process engine', config, functions: rounds }, releases);
    const pids = [launcher.pid, platform.pid];
    await idle(pids);
    const measured = await interleave([launcher, platform], rounds, (target, round) =>
      withCpuTime(target, async () => {
        const [latencyMs = Number.NaN] = await load.latencies(target.call(round), [0]);
        // What it goes on doing after its answer is its own time, and must not be the next one's.
        await idle(pids);
        return { value: latencyMs, invocations: 1 };
      }),
    );
    const [ofLauncher = [], ofPlatform = []] = measured.map((samples) => samples.slice(DISCARDED));
    const bound: Measured = { name: launcher.name, samples: ofLauncher };
    const comparison = compare({ name: platform.name, samples: ofPlatform }, bound, 'lower');
    const headline: Variant = {
      ...comparison,
      details: { timesBound: 1 / comparison.ratio, p90: quantile(comparison.values, 0.9) },
    };
    return { unit: 'ms', better: 'lower', boundName: launcher.name, headline, variants: [headline] };
  },
};
