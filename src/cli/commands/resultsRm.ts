import type { Command } from 'commander';
import { FaasError } from '../../protocol/errors.ts';
import { removeRun } from '../../results/queries.ts';
import type { RunDocument } from '../../results/runDocument.ts';
import {
  listRunFolders,
  ownerAtWork,
  type RunFolder,
  readRunManifest,
  removeRunFolder,
} from '../../results/runFolder.ts';
import type { ResultStore } from '../../results/store.ts';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { matchRunId, RUN_ARGUMENT, runsInOrder } from '../results/findRuns.ts';
import { assertNotAtWork } from '../results/runState.ts';
import { STORE_FLAGS, withStore } from '../results/withStore.ts';

interface RmFlags {
  readonly folder?: boolean;
}

interface RemovedRun {
  readonly runId: string;
  /** The run's own and its invocations'. */
  readonly documents: number;
  readonly folder: { readonly path: string; readonly removed: boolean } | null;
}

export function define(command: Command, cli: Cli): void {
  command
    .description(
      'Deletes runs and their invocations from the store, without a question. Their folders stay: those of replays hold ' +
        'all of it and can be imported again, those of up hold nothing that the store has taken.',
    )
    .argument('<runs...>', `each by ${RUN_ARGUMENT}`)
    .option('--folder', "delete the run's folder too: nothing is left of the run then");
  addConfigFlags(command, STORE_FLAGS);
  command.action((typed: string[], flags: RmFlags) => remove(typed, flags, command, cli));
  addExamples(command, [
    ['faasbatch results rm last', 'the newest run; results import <its folder> brings it back'],
    ['faasbatch results rm 4ppm 4kpn --folder', 'two runs, for good'],
  ]);
}

async function remove(
  typed: readonly string[],
  { folder = false }: RmFlags,
  command: Command,
  cli: Cli,
): Promise<void> {
  await withStore(command, cli, async (store, { common }) => {
    const [runs, folders] = await Promise.all([runsInOrder(store), listRunFolders(common.home)]);
    const stored = new Map(runs.map((run) => [run.runId, run]));
    const found = new Map(folders.map((there) => [there.runId, there]));
    // a run that never came into the store is known by its folder alone; ids sort by time
    const known = folder ? [...new Set([...stored.keys(), ...found.keys()])].sort() : [...stored.keys()];
    const chosen = [...new Set(typed.map((text) => matchRunId(text, known)))];
    for (const runId of chosen) await assertEnded(stored.get(runId), found.get(runId));
    const removed: RemovedRun[] = [];
    for (const runId of chosen) {
      const documents = stored.has(runId) ? await removeRun(store, runId) : 0;
      removed.push({ runId, documents, folder: await leave(found.get(runId), folder) });
    }
    cli.output.result(removed, () => removed.map((run) => removedText(run, store)).join('\n'));
    // what `up` recorded left its folder when it came into the store
    const whole = removed.filter(({ runId }) => stored.get(runId)?.kind === 'replay');
    const kept = whole.flatMap(({ folder: left }) => (left?.removed === false ? [left.path] : []));
    if (kept.length > 0) cli.output.note(`to bring back: faasbatch results import ${kept.join(' ')}`);
  });
}

/** @throws FaasError `run_incomplete` */
async function assertEnded(run: RunDocument | undefined, folder: RunFolder | undefined): Promise<void> {
  if (run !== undefined) assertNotAtWork(run);
  if (folder === undefined) return;
  const owner = await ownerAtWork(folder, await readRunManifest(folder));
  if (owner !== undefined)
    throw new FaasError('run_incomplete', `run ${folder.runId} goes on (pid ${owner}): end it first`);
}

async function leave(folder: RunFolder | undefined, shallGo: boolean): Promise<RemovedRun['folder']> {
  if (folder === undefined) return null;
  if (shallGo) await removeRunFolder(folder);
  return { path: folder.path, removed: shallGo };
}

function removedText({ runId, documents, folder }: RemovedRun, { url, database }: ResultStore): string {
  const deleted = `${runId}: ${documents} documents deleted from ${url}/${database}`;
  if (folder === null) return deleted;
  return folder.removed ? `${deleted}, and ${folder.path}` : `${deleted}; ${folder.path} stays`;
}
