import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nearest } from '../../lib/nearest.ts';
import { FaasError } from '../../protocol/errors.ts';
import { listRunFolders, runFolderAt } from '../../results/runFolder.ts';

/**
 * The run folder that was typed, as a path or as the id of one in this home.
 * @throws FaasError `run_not_found` that suggests one
 */
export async function findFolder(typed: string, workingFolder: string, home: string): Promise<string> {
  const path = resolve(workingFolder, typed);
  if (existsSync(runFolderAt(path).manifest)) return path;
  const known = await listRunFolders(home);
  const named = known.find(({ runId }) => runId === typed);
  if (named !== undefined) return named.path;
  const why = existsSync(path) ? 'is no run folder: it has no run.json' : 'does not exist';
  const close = nearest(
    runFolderAt(path).runId,
    known.map(({ runId }) => runId),
  );
  const hint =
    close === undefined
      ? `the runs of this home are in ${join(home, 'runs')}`
      : `did you mean ${join(home, 'runs', close)}?`;
  throw new FaasError('run_not_found', `${path} ${why}`, { hint });
}
