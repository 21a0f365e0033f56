import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bootId, monotonicMs } from '../lib/clock.ts';
import { readJsonFile, writeJsonFile } from '../lib/jsonFile.ts';
import { isSameProcess, processStartTime } from '../lib/processIdentity.ts';
import type { WorkerAccounts } from '../protocol/accounts.ts';
import { asError, FaasError } from '../protocol/errors.ts';
import { describeHost, describeVersions } from './host.ts';
import { isRunId, makeRunId } from './runId.ts';
import type { RunSettings } from './runSettings.ts';
import type { RunSummary } from './summary.ts';

/** What `run.json` holds: everything about a run that is known before its first call. */
export interface RunManifest extends RunSettings {
  readonly runId: string;
  /** `up`: a worker that serves; its records carry no client half. */
  readonly kind: 'replay' | 'up';
  /** Wall time at the epoch, ISO 8601: the only wall time of a run. */
  readonly startedAt: string;
  /** Monotonic milliseconds that stored times are counted from. */
  readonly epochAt: number;
  /** The period for which monotonic times can be compared. */
  readonly bootId: string;
  /** The process that made the folder, by pid and start time. */
  readonly owner: { readonly pid: number; readonly startTime: string };
  /** Calls in the schedule; null for `up`. */
  readonly scheduled: number | null;
  /** The limit of waiting as the worker had it (after `speed`): where rejections count in distributions. */
  readonly queueTimeoutMs: number;
  /** The whole resolved configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly host: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
}

/** What the creator of a run says; the rest of its manifest is made here (to `versions`, Node's are added). */
export type NewRun = Omit<RunManifest, 'runId' | 'startedAt' | 'epochAt' | 'bootId' | 'owner' | 'host'>;

export interface RunFolder {
  readonly runId: string;
  readonly path: string;
  readonly manifest: string;
  readonly schedule: string;
  readonly clientRecords: string;
  readonly platformRecords: string;
  readonly accounts: string;
  readonly summary: string;
  /** Of `up`: closed files of platform records that wait for the store. */
  readonly segments: string;
}

function runsPath(home: string): string {
  return join(home, 'runs');
}

/** The names in a run's folder; nothing is read or made. */
export function runFolderAt(path: string): RunFolder {
  const absolute = resolve(path);
  return {
    runId: absolute.slice(absolute.lastIndexOf('/') + 1),
    path: absolute,
    manifest: join(absolute, 'run.json'),
    schedule: join(absolute, 'schedule.json'),
    clientRecords: join(absolute, 'client.ndjson'),
    platformRecords: join(absolute, 'platform.ndjson'),
    accounts: join(absolute, 'accounts.json'),
    summary: join(absolute, 'summary.json'),
    segments: join(absolute, 'segments'),
  };
}

/** @throws FaasError `run_not_found` when the text could not be a run's id (it becomes part of a path) */
export function runFolderOf(home: string, runId: string): RunFolder {
  if (!isRunId(runId)) throw new FaasError('run_not_found', `"${runId}" is no run id`, { runId });
  return runFolderAt(join(runsPath(home), runId));
}

/** Makes the folder of a new run with its `run.json`; the epoch is now. */
export async function createRunFolder(
  home: string,
  run: NewRun,
): Promise<{ folder: RunFolder; manifest: RunManifest }> {
  await mkdir(runsPath(home), { recursive: true });
  for (;;) {
    const folder = runFolderOf(home, makeRunId(run.strategy));
    try {
      await mkdir(folder.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    const epochAt = monotonicMs();
    const startedAt = new Date().toISOString();
    const manifest: RunManifest = {
      runId: folder.runId,
      startedAt,
      epochAt,
      bootId: bootId(),
      owner: { pid: process.pid, startTime: processStartTime(process.pid) ?? '' },
      ...run,
      versions: { ...run.versions, ...describeVersions() },
      host: describeHost(),
    };
    if (run.kind === 'up') await mkdir(folder.segments);
    await writeJsonFile(folder.manifest, manifest);
    return { folder, manifest };
  }
}

/** @throws FaasError `run_not_found`, `run_incomplete` */
export async function readRunManifest(folder: RunFolder): Promise<RunManifest> {
  const manifest = (await readPart(folder.manifest)) as Partial<RunManifest> | undefined;
  if (manifest === undefined) {
    throw new FaasError('run_not_found', `${folder.path} is no run folder: it has no run.json`, { path: folder.path });
  }
  if (typeof manifest.runId !== 'string' || typeof manifest.epochAt !== 'number') {
    throw new FaasError('run_incomplete', `${folder.manifest} has no runId or no epochAt`, { path: folder.manifest });
  }
  return manifest as RunManifest;
}

/** The process that may still write to the folder; undefined once it has ended, or has added the run up. */
export async function ownerAtWork(folder: RunFolder, manifest: RunManifest): Promise<number | undefined> {
  const { pid, startTime } = manifest.owner;
  if (pid === process.pid || manifest.bootId !== bootId() || !isSameProcess(pid, startTime)) return undefined;
  return (await readSummary(folder)) === undefined ? pid : undefined;
}

/** The last accounts that the run's worker wrote; undefined if it died in its first second. */
export async function readAccounts(folder: RunFolder): Promise<WorkerAccounts | undefined> {
  return (await readPart(folder.accounts)) as WorkerAccounts | undefined;
}

export async function readSummary(folder: RunFolder): Promise<RunSummary | undefined> {
  return (await readPart(folder.summary)) as RunSummary | undefined;
}

export async function writeSummary(folder: RunFolder, summary: RunSummary): Promise<void> {
  await writeJsonFile(folder.summary, summary);
}

/** Folders of runs, oldest first; what is no run folder is left out. */
export async function listRunFolders(home: string): Promise<RunFolder[]> {
  const names = await readdir(runsPath(home)).catch(() => []);
  const folders = names
    .filter(isRunId)
    .sort()
    .map((name) => runFolderOf(home, name));
  const present = await Promise.all(
    folders.map((folder) =>
      stat(folder.manifest)
        .then(() => true)
        .catch(() => false),
    ),
  );
  return folders.filter((_, index) => present[index]);
}

/** Removes a run's files. What is stored of it in CouchDB stays (see queries.ts, `removeRun`). */
export async function removeRunFolder(folder: RunFolder): Promise<void> {
  await readRunManifest(folder);
  await rm(folder.path, { recursive: true });
}

async function readPart(path: string): Promise<unknown> {
  try {
    return await readJsonFile(path);
  } catch (thrown) {
    throw new FaasError('run_incomplete', asError(thrown).message, { path }, { cause: thrown });
  }
}

/**
 * Sets a run's epoch, once it is known when its first call can fall due; to be called before anything is stored.
 * @param startedAt the epoch on the wall clock, ISO 8601
 */
export async function setRunEpoch(
  folder: RunFolder,
  manifest: RunManifest,
  epochAt: number,
  startedAt: string,
): Promise<RunManifest> {
  const rebased = { ...manifest, epochAt, startedAt };
  await writeJsonFile(folder.manifest, rebased);
  return rebased;
}
