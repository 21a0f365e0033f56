import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { findRuns, RUN_ARGUMENT } from '../results/findRuns.ts';
import { runText } from '../results/runText.ts';
import { type SeenRun, seeRun } from '../results/seenRun.ts';
import { STORE_FLAGS, withStore } from '../results/withStore.ts';

export function define(command: Command, cli: Cli): void {
  command
    .description('Shows one run: its settings, how its calls ended, what they cost and how long they took.')
    .argument('<run>', RUN_ARGUMENT);
  addConfigFlags(command, STORE_FLAGS);
  command.action((typed: string) => show(typed, command, cli));
  addExamples(command, [
    ['faasbatch results show last', 'the newest run'],
    ['faasbatch results show k3f9', 'the one whose id ends so'],
    ["faasbatch results show last --json | jq '.summary.latencyMs.endToEnd'", 'for programs'],
  ]);
}

async function show(typed: string, command: Command, cli: Cli): Promise<void> {
  await withStore(command, cli, async (store, { common }) => {
    for (const run of await findRuns(store, [typed])) {
      const seen = await seeRun(store, run, common.home);
      const { state, summary, folder } = seen;
      cli.output.result({ ...run, state, summary, folder }, () => runText(seen, cli.output.colour));
      cli.output.note(nextSteps(seen));
    }
  });
}

function nextSteps({ run: { runId }, state, folder }: SeenRun): string {
  if (state === 'unfinished' && folder !== null) return `\nto add it up: faasbatch results import ${folder}`;
  return `\nfaasbatch results query --where runId=${runId} --group-by function asks for more`;
}
