import type { InvocationDocument } from './invocationDocument.ts';
import { type RecordSource, ReplaySource } from './recordSource.ts';
import { type RunFolder, type RunManifest, readAccounts } from './runFolder.ts';
import { type RunMeasurements, type RunSummary, SummaryBuilder } from './summary.ts';

/**
 * Adds up a replay from its folder alone, whether or not a store took its documents. To be called when nothing writes
 * to the folder any more.
 */
export async function summariseRun(
  folder: RunFolder,
  manifest: RunManifest,
  measured: Omit<RunMeasurements, 'accounts'> = {},
): Promise<RunSummary> {
  const summary = new SummaryBuilder(manifest);
  for await (const document of documentsOf(new ReplaySource(folder, manifest))) summary.add(document);
  return summary.finish({ ...measured, accounts: await readAccounts(folder) });
}

/** All that a source has, halves that stayed alone last. */
export async function* documentsOf(source: RecordSource): AsyncGenerator<InvocationDocument> {
  try {
    for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) yield* chunk;
    yield* source.finish();
  } finally {
    await source.close();
  }
}
