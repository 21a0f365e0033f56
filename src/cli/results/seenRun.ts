import { existsSync } from 'node:fs';
import { invocationsOf } from '../../results/queries.ts';
import type { RunDocument } from '../../results/runDocument.ts';
import { runFolderOf } from '../../results/runFolder.ts';
import type { ResultStore } from '../../results/store.ts';
import { type RunSummary, SummaryBuilder } from '../../results/summary.ts';
import { type RunState, stateOf } from './runState.ts';

/** Everything there is to see of one run. */
export interface SeenRun {
  readonly run: RunDocument;
  readonly state: RunState;
  /** The stored one, or what the invocations that are stored add up to. */
  readonly summary: RunSummary;
  /** Of every invocation that has one. */
  readonly endToEndMs: readonly number[];
  /** Null: not on this machine, or not in this home. */
  readonly folder: string | null;
}

/** Reads all invocations of the run. */
export async function seeRun(store: ResultStore, run: RunDocument, home: string): Promise<SeenRun> {
  const endToEndMs: number[] = [];
  // nothing is lost yet: calls that are not stored may still come
  const soFar = new SummaryBuilder({ ...run, scheduled: null });
  for await (const invocation of invocationsOf(store, run)) {
    if (run.summary === null) soFar.add(invocation);
    if (invocation.latencyMs.endToEnd !== null) endToEndMs.push(invocation.latencyMs.endToEnd);
  }
  const { path, manifest } = runFolderOf(home, run.runId);
  return {
    run,
    state: stateOf(run),
    summary: run.summary ?? soFar.finish({}),
    endToEndMs,
    folder: existsSync(manifest) ? path : null,
  };
}
