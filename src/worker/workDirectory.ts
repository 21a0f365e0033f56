import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { readJsonFile, writeJsonFile } from '../lib/jsonFile.ts';
import { isSameProcess, processStartTime } from '../lib/processIdentity.ts';

/** Whose a work directory is: a pid alone may by now be somebody else's. */
interface Owner {
  readonly pid: number;
  readonly startTime: string;
}

/** Short, since socket paths may have 107 bytes at most. */
export function workDirectoriesPath(environment: NodeJS.ProcessEnv = process.env): string {
  const runtime = environment['XDG_RUNTIME_DIR'];
  return runtime === undefined || runtime === ''
    ? join(tmpdir(), `faasbatch-${userInfo().uid}`)
    : join(runtime, 'faasbatch');
}

/** Makes the folder in which this process's containers have theirs. */
export async function createWorkDirectory(workerId: string): Promise<string> {
  const path = join(workDirectoriesPath(), workerId);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const owner: Owner = { pid: process.pid, startTime: processStartTime(process.pid) ?? '' };
  await writeJsonFile(join(path, OWNER_FILE), owner);
  return path;
}

export function removeWorkDirectory(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

/**
 * Removes what workers that are no more have left; what belongs to a living process stays.
 * @returns the folders removed
 */
export async function sweepWorkDirectories(): Promise<string[]> {
  const parent = workDirectoriesPath();
  const names = await readdir(parent).catch(() => []);
  const left: string[] = [];
  for (const name of names) {
    const path = join(parent, name);
    if (await isOwned(path)) continue;
    await rm(path, { recursive: true, force: true });
    left.push(path);
  }
  return left;
}

const OWNER_FILE = 'owner.json';

async function isOwned(path: string): Promise<boolean> {
  const owner = (await readJsonFile(join(path, OWNER_FILE)).catch(() => undefined)) as Partial<Owner> | undefined;
  if (typeof owner?.pid !== 'number' || typeof owner.startTime !== 'string') return false;
  return isSameProcess(owner.pid, owner.startTime);
}
