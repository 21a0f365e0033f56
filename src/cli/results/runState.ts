import { hostname } from 'node:os';
import { bootId } from '../../lib/clock.ts';
import { isSameProcess } from '../../lib/processIdentity.ts';
import { FaasError } from '../../protocol/errors.ts';
import type { RunDocument } from '../../results/runDocument.ts';

/**
 * - `ended`: a replay that was added up.
 * - `under way`: a replay whose process lives.
 * - `unfinished`: a replay whose process died before it was added up; `results import` does that.
 * - `serving`, `served`: a worker of `faasbatch up` that lives, or lived.
 * - `elsewhere`: not added up, and on another machine, whose processes are not seen from here.
 */
export type RunState = 'ended' | 'under way' | 'unfinished' | 'serving' | 'served' | 'elsewhere';

/** @throws FaasError `run_incomplete` for a run that goes on */
export function assertNotAtWork(run: RunDocument): void {
  const state = stateOf(run);
  if (state !== 'under way' && state !== 'serving') return;
  throw new FaasError('run_incomplete', `run ${run.runId} is ${state} (pid ${run.owner.pid}): end it first`);
}

/** A run's document does not change when its process dies: whether it lives is looked up. */
export function stateOf(run: Pick<RunDocument, 'kind' | 'summary' | 'bootId' | 'owner' | 'host'>): RunState {
  if (run.summary !== null) return 'ended';
  const { hostname: ranOn } = run.host;
  if (run.bootId !== bootId() && ranOn !== hostname()) return 'elsewhere';
  const lives = run.bootId === bootId() && isSameProcess(run.owner.pid, run.owner.startTime);
  if (run.kind === 'up') return lives ? 'serving' : 'served';
  return lives ? 'under way' : 'unfinished';
}
