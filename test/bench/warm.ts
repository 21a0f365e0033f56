import type { WorkerConfig } from '../../src/config/worker.ts';
import type { Bench } from './benchmark.ts';
import { withCpuTime } from './cpuTime.ts';
import type { Load } from './load.ts';
import { startPlatform } from './platform.ts';
import { idle } from './processTree.ts';
import type { Target } from './target.ts';

/** Connections of a load that leaves nobody idle. */
export const CONNECTIONS = 50;
const BLOCK_MS = 400;
const MAX_BLOCKS = { quick: 5, full: 20 } as const;
/** It has settled when so many blocks in a row were not cheaper than those before, by this share. */
const SETTLED_BLOCKS = 2;
const GAIN = 0.05;

/**
 * One invocation at a time in each container, dispatched at once. As many containers as cores: left alone, it starts
 * one for every connection, none of which ever gets enough calls to have its code compiled.
 */
export function startVanilla(cores: number, { releases }: Bench): Promise<Target> {
  const config: Partial<WorkerConfig> = { strategy: 'vanilla', maxContainersPerFunction: cores };
  return startPlatform({ name: `vanilla, ${cores} containers at most`, config, functions: 1 }, releases);
}

export function startFaasBatch(dispatchIntervalMs: number, { releases }: Bench): Promise<Target> {
  const config: Partial<WorkerConfig> = { strategy: 'faasbatch', dispatchIntervalMs };
  return startPlatform({ name: `faasbatch, ${dispatchIntervalMs} ms`, config, functions: 1 }, releases);
}

/** Loads each target until its calls do not get cheaper any more: containers have started, code is compiled. */
export async function warmUp(targets: readonly Target[], { load, size }: Bench): Promise<void> {
  for (const target of targets) {
    let cheapest = Number.POSITIVE_INFINITY;
    for (let block = 0, settled = 0; block < MAX_BLOCKS[size] && settled < SETTLED_BLOCKS; block += 1) {
      const cost = await costOfCalls(target, load);
      settled = cost < cheapest * (1 - GAIN) ? 0 : settled + 1;
      cheapest = Math.min(cheapest, cost);
    }
  }
  await idle(targets.map(({ pid }) => pid));
}

/** CPU time of a call, which others on the machine change least; the time it takes where that cannot be known. */
async function costOfCalls(target: Target, load: Load): Promise<number> {
  const { value, cpuUsPerInvocation } = await withCpuTime(target, async () => {
    const { calls, elapsedMs } = await load.rate(target.call(0), CONNECTIONS, BLOCK_MS);
    return { value: elapsedMs / calls, invocations: calls };
  });
  return cpuUsPerInvocation ?? value;
}
