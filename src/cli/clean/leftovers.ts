import { existsSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readLiveState, removeState, storePaths } from '../../results/embedded/stateFile.ts';
import { abandonedWorkDirectories } from '../../worker/workDirectory.ts';
import { endedRuns } from './endedRuns.ts';

/** Something that a process left behind which ended before it could put it away. */
export interface Leftover {
  readonly path: string;
  readonly what: string;
  readonly bytes: number;
  remove(): Promise<void>;
}

/** As lib/jsonFile.ts names what it has not renamed yet. */
const DRAFT = /\.\d+\.[0-9a-f]{8}\.tmp$/;

/** Everything under this home, and among the sockets of this user, whose process has ended. */
export async function findLeftovers(home: string): Promise<Leftover[]> {
  const found = await Promise.all([ofWorkers(), ofRuns(home), ofStore(home)]);
  return found.flat();
}

async function ofWorkers(): Promise<Leftover[]> {
  const paths = await abandonedWorkDirectories();
  return Promise.all(paths.map((path) => leftover(path, "sockets and code of a worker's containers")));
}

async function ofRuns(home: string): Promise<Leftover[]> {
  const found = (await endedRuns(home)).map(async (folder) => {
    const names = await readdir(folder.path);
    const drafts = names.filter((name) => DRAFT.test(name));
    return Promise.all([
      ...(names.includes('functions') ? [leftover(join(folder.path, 'functions'), "copies of a run's functions")] : []),
      ...drafts.map((name) => leftover(join(folder.path, name), 'a file half written')),
    ]);
  });
  return (await Promise.all(found)).flat();
}

/** The file that tells where a store runs, when none runs. Its data is no leftover. */
async function ofStore(home: string): Promise<Leftover[]> {
  const paths = storePaths(home);
  if (!existsSync(paths.state) || (await readLiveState(paths)) !== undefined) return [];
  const found = await leftover(paths.state, 'the address of a store that does not run');
  // One may have been started since it was looked at.
  const remove = async (): Promise<void> => {
    if ((await readLiveState(paths)) === undefined) await removeState(paths);
  };
  return [{ ...found, remove }];
}

async function leftover(path: string, what: string): Promise<Leftover> {
  return { path, what, bytes: await bytesOf(path), remove: () => rm(path, { recursive: true, force: true }) };
}

/** Links count for nothing: what they lead to stays. */
async function bytesOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.isFile() ? found.size : 0;
  const inside = await readdir(path).catch(() => []);
  const sizes = await Promise.all(inside.map((name) => bytesOf(join(path, name))));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
