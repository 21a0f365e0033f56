import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { claimFolder, isAbandoned } from '../lib/folderOwner.ts';

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
  await claimFolder(path);
  return path;
}

export function removeWorkDirectory(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

/** Does this worker live? */
export async function hasWorkDirectory(workerId: string): Promise<boolean> {
  const path = join(workDirectoriesPath(), workerId);
  return existsSync(path) && !(await isAbandoned(path));
}

/** The folders of workers that are no more. */
export async function abandonedWorkDirectories(): Promise<string[]> {
  const parent = workDirectoriesPath();
  const paths = (await readdir(parent).catch(() => [])).map((name) => join(parent, name));
  const abandoned = await Promise.all(paths.map(isAbandoned));
  return paths.filter((_, index) => abandoned[index]);
}

/**
 * Removes what workers that are no more have left; what belongs to a living process stays.
 * @returns the folders removed
 */
export async function sweepWorkDirectories(): Promise<string[]> {
  const left = await abandonedWorkDirectories();
  for (const path of left) await removeWorkDirectory(path);
  return left;
}
