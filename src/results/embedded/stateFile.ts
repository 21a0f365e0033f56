import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readJsonFile, writeJsonFile } from '../../lib/jsonFile.ts';
import { isSameProcess } from '../../lib/processIdentity.ts';

/** What a running store tells of itself in `<home>/store/store.json`. */
export interface StoreState {
  readonly pid: number;
  /** With the pid, it names the process: only that one is ever stopped. */
  readonly startTime: string;
  readonly url: string;
  readonly startedAt: string;
}

export interface StorePaths {
  readonly folder: string;
  readonly state: string;
  readonly log: string;
  /** A LevelDB whose lock the running store holds: the kernel gives it back however the process ends. */
  readonly lock: string;
}

/** How a store that was started says why it did not stay. */
export const EXIT_LOCKED = 75;
export const EXIT_PORT_TAKEN = 76;

export const VENDOR = 'faasbatch embedded store';

export function storePaths(home: string): StorePaths {
  return pathsIn(resolve(home, 'store'));
}

export function pathsIn(folder: string): StorePaths {
  return {
    folder,
    state: join(folder, 'store.json'),
    log: join(folder, 'store.log'),
    lock: join(folder, 'lock'),
  };
}

/** Tells the stores of several homes apart without telling the world where they are. */
export function folderDigest(folder: string): string {
  return createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16);
}

/** The state of a store whose process lives; undefined if there is none. */
export async function readLiveState({ state }: StorePaths): Promise<StoreState | undefined> {
  const stored = (await readJsonFile(state).catch(() => undefined)) as Partial<StoreState> | undefined;
  if (typeof stored?.pid !== 'number' || typeof stored.startTime !== 'string') return undefined;
  return isSameProcess(stored.pid, stored.startTime) ? (stored as StoreState) : undefined;
}

export async function writeState({ state }: StorePaths, value: StoreState): Promise<void> {
  await writeJsonFile(state, value, 0o600);
}

export async function removeState({ state }: StorePaths): Promise<void> {
  await unlink(state).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
