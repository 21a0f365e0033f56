import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { runsInOrder } from '../results/findRuns.ts';
import { runsThatMeet, whyNothing } from '../results/matchedRuns.ts';
import { joinWhere, readRunConditions, WHERE_OPTION } from '../results/question.ts';
import { stateOf } from '../results/runState.ts';
import { runsTable } from '../results/runsTable.ts';
import { STORE_FLAGS, withStore } from '../results/withStore.ts';
import { usageError } from '../usage.ts';

interface RunsFlags {
  readonly where?: string;
  readonly limit?: string;
}

export function define(command: Command, cli: Cli): void {
  const [where, meaning] = WHERE_OPTION;
  command
    .description('Lists the runs in the store, the newest last; MEAN and P98 are of the end-to-end latency.')
    .option(where, meaning.replace(/:.*/, ', of settings: strategy=faasbatch,seed>100'), joinWhere)
    .option('--limit <number>', 'only so many, the newest');
  addConfigFlags(command, STORE_FLAGS);
  command.action((flags: RunsFlags) => listRuns(flags, command, cli));
  addExamples(command, [
    ['faasbatch results runs --limit 10', 'the last ten'],
    ["faasbatch results runs --where 'strategy=vanilla|faasbatch,workload=cpu'", 'some of them'],
    ["faasbatch results runs --json | jq -r '.[].runId'", 'for programs'],
  ]);
}

async function listRuns(flags: RunsFlags, command: Command, cli: Cli): Promise<void> {
  const conditions = readRunConditions(flags.where);
  const limit = readLimit(flags.limit);
  await withStore(command, cli, async (store) => {
    const stored = await runsInOrder(store);
    const found = runsThatMeet(stored, conditions);
    const runs = found.slice(-limit);
    if (runs.length === 0 && !cli.output.json) {
      cli.output.note(whyNothing(stored, conditions));
      return;
    }
    cli.output.result(
      runs.map((run) => ({ ...run, state: stateOf(run) })),
      () => runsTable(runs, cli.output.colour),
    );
    if (runs.length < found.length) cli.output.note(`the newest ${runs.length} of ${found.length}`);
  });
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return Number.MAX_SAFE_INTEGER;
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw usageError(`--limit: "${text}" must be a whole number of 1 or more`);
}
