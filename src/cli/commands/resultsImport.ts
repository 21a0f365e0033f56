import type { Command } from 'commander';
import type { ImportReport } from '../../results/importRun.ts';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { EXIT } from '../exitCodes.ts';
import { findFolder } from '../results/findFolder.ts';
import { STORE_FLAGS } from '../results/withStore.ts';

export function define(command: Command, cli: Cli): void {
  command
    .description(
      'Feeds the folders of runs that have ended into the store. What is there already stays as it is, so it may be ' +
        'repeated; a run whose process was killed is added up.',
    )
    .argument('<folders...>', 'run folders, or ids of runs whose folders are in this home');
  addConfigFlags(command, STORE_FLAGS);
  command.action((typed: string[]) => importAll(typed, command, cli));
  addExamples(command, [
    ['faasbatch results import ~/.local/share/faasbatch/runs/20261121-020312-faasbatch-k3f9', 'a run after an outage'],
    ['faasbatch results import /mnt/bench/runs/*', 'runs of another machine'],
  ]);
}

async function importAll(typed: readonly string[], command: Command, cli: Cli): Promise<void> {
  const { common, store: settings } = await cli.config(command);
  const folders = await Promise.all(typed.map((text) => findFolder(text, cli.folder, common.home)));
  const [{ importRun }, { openStore }] = await Promise.all([
    import('../../results/importRun.ts'),
    import('../../results/openStore.ts'),
  ]);
  const store = await openStore(settings);
  const reports: ImportReport[] = [];
  for (const folder of folders) reports.push(await importRun(store, folder));
  cli.output.result(reports, () => reports.map((report) => reportText(report, store)).join('\n'));
  for (const { problem } of reports) {
    if (problem === null) continue;
    cli.output.warn(problem);
    cli.exitCode = EXIT.failure;
  }
}

function reportText({ runId, delivered }: ImportReport, { url, database }: { url: string; database: string }): string {
  return `${runId}: ${delivered} invocations are in ${url}/${database}`;
}
