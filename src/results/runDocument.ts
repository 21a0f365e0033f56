import type { RunManifest } from './runFolder.ts';
import type { ResultStore } from './store.ts';
import type { RunSummary } from './summary.ts';

/** A run as it is stored: `run:<runId>`. */
export interface RunDocument extends RunManifest {
  readonly _id: string;
  readonly _rev?: string;
  readonly type: 'run';
  /** Null until the run has ended. */
  readonly summary: RunSummary | null;
}

export function runDocumentId(runId: string): string {
  return `run:${runId}`;
}

/** As JSON has it, so that the same run stored again is found to be the same. */
export function runDocument(manifest: RunManifest, summary: RunSummary | null): RunDocument {
  const document: RunDocument = { _id: runDocumentId(manifest.runId), type: 'run', ...manifest, summary };
  return JSON.parse(JSON.stringify(document)) as RunDocument;
}

/** Stores what is known of a run, in place of what was known before. */
export async function storeRun(store: ResultStore, manifest: RunManifest, summary: RunSummary | null): Promise<void> {
  await store.insert([runDocument(manifest, summary)]);
}
