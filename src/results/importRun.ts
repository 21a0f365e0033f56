import { FaasError } from '../protocol/errors.ts';
import { Feeder, type FeedReport } from './feeder.ts';
import { storeRun } from './runDocument.ts';
import { ownerAtWork, readRunManifest, readSummary, runFolderAt, writeSummary } from './runFolder.ts';
import type { ResultStore } from './store.ts';
import { summariseRun } from './summarise.ts';
import type { RunSummary } from './summary.ts';

export interface ImportReport extends FeedReport {
  readonly runId: string;
  /** Null for `up`, which has none. */
  readonly summary: RunSummary | null;
}

/**
 * Feeds the folder of a run that has ended into a store; what is there already stays as it is. A run whose processes
 * were killed before it was added up is added up now.
 * @throws FaasError `run_not_found`, `run_incomplete`
 */
export async function importRun(store: ResultStore, path: string): Promise<ImportReport> {
  const folder = runFolderAt(path);
  const manifest = await readRunManifest(folder);
  const owner = await ownerAtWork(folder, manifest);
  if (owner !== undefined) {
    throw new FaasError('run_incomplete', `run ${manifest.runId} is still under way (pid ${owner})`, { pid: owner });
  }
  const report = await new Feeder({ folder, manifest, store }).drain();
  if (manifest.kind === 'up') {
    if (report.problem === null) await storeRun(store, manifest, null);
    return { ...report, runId: manifest.runId, summary: null };
  }
  const known = (await readSummary(folder)) ?? (await summariseRun(folder, manifest));
  const at = { url: store.url, database: store.database, documents: report.delivered };
  const summary: RunSummary = { ...known, store: at };
  if (report.problem === null) {
    await storeRun(store, manifest, summary);
    await writeSummary(folder, summary);
  }
  return { ...report, runId: manifest.runId, summary };
}
