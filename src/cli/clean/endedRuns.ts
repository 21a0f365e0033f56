import { createReadStream } from 'node:fs';
import {
  listRunFolders,
  ownerAtWork,
  type RunFolder,
  readAccounts,
  readRunManifest,
  readSummary,
} from '../../results/runFolder.ts';
import { listSegments } from '../../results/segments.ts';
import { hasWorkDirectory } from '../../worker/workDirectory.ts';

/** A run that has ended, some of whose records may not be in the store. */
export interface UndeliveredRun {
  readonly runId: string;
  readonly path: string;
  readonly invocations: number;
  /** What to type. */
  readonly import: string;
}

/** Runs whose processes have ended: the one that began it, and its worker. */
export async function endedRuns(home: string): Promise<RunFolder[]> {
  const folders = await listRunFolders(home);
  const ended = await Promise.all(folders.map(hasEnded));
  return folders.filter((_, index) => ended[index]);
}

export async function undeliveredRuns(home: string): Promise<UndeliveredRun[]> {
  const found = (await endedRuns(home)).map(async (folder) => {
    const invocations = await undelivered(folder).catch(() => 0);
    const { runId, path } = folder;
    return { runId, path, invocations, import: `faasbatch results import ${path}` };
  });
  return (await Promise.all(found)).filter(({ invocations }) => invocations > 0);
}

async function hasEnded(folder: RunFolder): Promise<boolean> {
  const manifest = await readRunManifest(folder).catch(() => undefined);
  // What cannot be read is left for people to look at.
  if (manifest === undefined || (await ownerAtWork(folder, manifest)) !== undefined) return false;
  const accounts = await readAccounts(folder).catch(() => undefined);
  return accounts === undefined || !(await hasWorkDirectory(accounts.workerId));
}

/** Of `up` what still lies in segments; of a replay what its summary does not count as stored. */
async function undelivered(folder: RunFolder): Promise<number> {
  const { kind } = await readRunManifest(folder);
  if (kind === 'up') {
    const lines = await Promise.all((await listSegments(folder.segments)).map(countLines));
    return lines.reduce((sum, count) => sum + count, 0);
  }
  const summary = await readSummary(folder).catch(() => undefined);
  const [clients, platforms] = await Promise.all([
    countLines(folder.clientRecords),
    countLines(folder.platformRecords),
  ]);
  return Math.max(0, Math.max(clients, platforms) - (summary?.store?.documents ?? 0));
}

/** Records are one a line; 0 if there is no such file. */
async function countLines(path: string): Promise<number> {
  let lines = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte === 0x0a) lines += 1;
    }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
  }
  return lines;
}
