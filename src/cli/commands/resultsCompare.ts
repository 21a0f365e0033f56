import type { Command } from 'commander';
import { FaasError } from '../../protocol/errors.ts';
import type { RunDocument } from '../../results/runDocument.ts';
import type { ResultStore } from '../../results/store.ts';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { comparisonText, doubts, labelsOf } from '../results/comparisonText.ts';
import { findRuns, RUN_ARGUMENT } from '../results/findRuns.ts';
import { stateOf } from '../results/runState.ts';
import { latencyPicture } from '../results/runText.ts';
import { seeRun } from '../results/seenRun.ts';
import { STORE_FLAGS, withStore } from '../results/withStore.ts';
import { usageError } from '../usage.ts';

interface CompareFlags {
  readonly all?: boolean;
}

export function define(command: Command, cli: Cli): void {
  command
    .description(
      'Puts runs beside the first one: the settings that differ, and figures with their ratios to its figures.',
    )
    .argument('<runs...>', `two or more: each by ${RUN_ARGUMENT}`)
    .option('--all', 'every figure, not only those that people compare first');
  addConfigFlags(command, STORE_FLAGS);
  command.action((typed: string[], flags: CompareFlags) => compare(typed, flags, command, cli));
  addExamples(command, [
    ['faasbatch results compare last~1 last', 'the two newest runs'],
    ['faasbatch results compare 4ppm 4kpn --all', 'two by the ends of their ids, with every figure'],
    ["faasbatch results compare last~1 last --json | jq '.figures[]'", 'for programs'],
  ]);
}

async function compare(
  typed: readonly string[],
  { all = false }: CompareFlags,
  command: Command,
  cli: Cli,
): Promise<void> {
  if (typed.length < 2) throw usageError('one run cannot be compared', 'faasbatch results compare last~1 last');
  await withStore(command, cli, async (store, { common }) => {
    const runs = await findRuns(store, typed);
    assertDifferent(runs);
    assertEnded(runs);
    const { compareRuns } = await import('../../results/compare.ts');
    const comparison = await compareRuns(
      store,
      runs.map(({ runId }) => runId),
    );
    const { colour, json } = cli.output;
    const picture = json ? [] : await pictureOf(store, runs, common.home, cli);
    cli.output.result({ ...comparison, doubts: doubts(runs) }, () =>
      [comparisonText(runs, comparison.figures, all ? 'all' : 'main', colour), ...picture].join('\n'),
    );
    for (const doubt of doubts(runs)) cli.output.warn(doubt);
  });
}

function assertDifferent(runs: readonly RunDocument[]): void {
  const twice = runs.find(({ runId }, index) => runs.findIndex((run) => run.runId === runId) !== index);
  if (twice !== undefined) throw usageError(`${twice.runId} is named twice`);
}

function assertEnded(runs: readonly RunDocument[]): void {
  const open = runs.find(({ summary }) => summary === null);
  if (open === undefined) return;
  const state = stateOf(open);
  const hint =
    state === 'unfinished'
      ? `faasbatch results import ${open.runId} adds it up`
      : `faasbatch results show ${open.runId} tells what there is so far`;
  throw new FaasError('run_incomplete', `run ${open.runId} was not added up (${state})`, { hint });
}

async function pictureOf(store: ResultStore, runs: readonly RunDocument[], home: string, cli: Cli): Promise<string[]> {
  const labels = labelsOf(runs);
  const series = [];
  for (const [index, run] of runs.entries()) {
    series.push({ name: labels[index] ?? run.runId, values: (await seeRun(store, run, home)).endToEndMs });
  }
  return latencyPicture(series, cli.output.colour);
}
