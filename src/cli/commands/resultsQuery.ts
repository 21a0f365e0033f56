import type { Command } from 'commander';
import { type Question, query } from '../../results/queries.ts';
import type { RunDocument } from '../../results/runDocument.ts';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { answerText } from '../results/answerText.ts';
import { fieldListText, listedFields } from '../results/fieldList.ts';
import { runsInOrder } from '../results/findRuns.ts';
import { mixedSettings, runsThatMeet, whyNothing } from '../results/matchedRuns.ts';
import { checkQuestion, joinWhere, readConditions, readNames, WHERE_OPTION } from '../results/question.ts';
import { STORE_FLAGS, withStore } from '../results/withStore.ts';

interface QueryFlags {
  readonly where?: string;
  readonly groupBy?: string;
  readonly metric?: string;
  readonly stat?: string;
  readonly fields?: boolean;
}

export function define(command: Command, cli: Cli): void {
  command
    .description('Statistics of one metric over all invocations in the store that meet the conditions, by group.')
    .option(...WHERE_OPTION, joinWhere)
    .option('--group-by <fields>', 'a line for each combination of these: strategy,dispatchIntervalMs')
    .option('--metric <field>', 'a latency, or another field of numbers or times (default: endToEnd)')
    .option(
      '--stat <names>',
      'count, sum, mean, min, max, std, exact percentiles: mean,p98 (default: mean,p50,p95,p98,p99,max)',
    )
    .option('--fields', 'list the fields that can be asked by, and ask nothing');
  addConfigFlags(command, STORE_FLAGS);
  command.action((flags: QueryFlags) => (flags.fields === true ? listFields(cli) : ask(flags, command, cli)));
  addExamples(command, [
    ['faasbatch results query --group-by strategy,dispatchIntervalMs --metric endToEnd --stat mean,p98', 'the sweep'],
    ["faasbatch results query --where 'status!=ok' --group-by status,code --stat count", 'what went wrong'],
    ['faasbatch results query --where startKind=cold --group-by strategy --metric coldStart', 'what starting cost'],
    ['faasbatch results query --fields', 'what can be asked'],
  ]);
}

function listFields(cli: Cli): void {
  const fields = listedFields();
  cli.output.result(fields, () => fieldListText(fields, cli.output.colour));
}

async function ask({ where, groupBy, metric, stat }: QueryFlags, command: Command, cli: Cli): Promise<void> {
  const conditions = readConditions(where);
  const stats = readNames(stat) ?? ['mean', 'p50', 'p95', 'p98', 'p99', 'max'];
  const question: Question = { where, groupBy: readNames(groupBy), metric, stats };
  checkQuestion(question);
  await withStore(command, cli, async (store) => {
    const answer = await query(store, question);
    const stored = await runsInOrder(store);
    const runs = runsThatMeet(stored, conditions);
    if (answer.rows.length === 0 && !cli.output.json) {
      cli.output.note(whyNothing(stored, conditions));
      return;
    }
    const mixed = mixedSettings(runs, answer.groupBy);
    cli.output.result({ ...answer, runs: runs.map(({ runId }) => runId), mixed }, () =>
      answerText(answer, cli.output.colour),
    );
    if (mixed.length > 0) cli.output.note(mixedText(runs, mixed));
  });
}

function mixedText(runs: readonly RunDocument[], mixed: readonly string[]): string {
  return `\nof ${runs.length} runs, which differ in ${mixed.join(', ')} too: --group-by or --where tells them apart`;
}
