import type { ResolvedConfig } from '../../config/resolve.ts';
import type { NewRun } from '../../results/runFolder.ts';
import { runFacts } from '../runFacts.ts';

/** What the run document of `faasbatch up` says: a run without a trace, which ends when its worker does. */
export function upRun(config: ResolvedConfig): NewRun {
  return {
    ...runFacts(config.worker, config),
    kind: 'up',
    trace: null,
    traceDigest: null,
    workload: null,
    workScale: null,
    rho: null,
    placement: null,
    seed: config.common.seed,
    speed: null,
    scheduled: null,
    notes: [],
  };
}
