import type { ResolvedConfig } from '../../config/resolve.ts';
import type { NewRun } from '../../results/runFolder.ts';
import { describeStrategy } from '../../scheduling/strategies/index.ts';

/** What the run document of `faasbatch up` says: a run without a trace, which ends when its worker does. */
export function upRun(config: ResolvedConfig): NewRun {
  const { worker, common } = config;
  const description = describeStrategy(worker.strategy);
  return {
    kind: 'up',
    trace: null,
    traceDigest: null,
    workload: null,
    workScale: null,
    rho: null,
    placement: null,
    seed: common.seed,
    speed: null,
    strategy: worker.strategy,
    dispatchIntervalMs: description.usesDispatchInterval ? worker.dispatchIntervalMs : null,
    engine: 'process',
    parallelism: worker.parallelism === 'auto' ? description.parallelism : worker.parallelism,
    multiplexing: worker.multiplexing === 'auto' ? description.multiplexing : worker.multiplexing,
    cpuScheduling: worker.cpuScheduling,
    scheduled: null,
    queueTimeoutMs: worker.queueTimeoutMs,
    // As it may be written out: without secrets.
    config: Object.fromEntries(config.settings.map(({ field, shown }) => [field.path, shown])),
    versions: {},
    notes: [],
  };
}
