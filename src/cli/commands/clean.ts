import type { Command } from 'commander';
import { formatBytes } from '../../lib/bytes.ts';
import type { Cli } from '../cli.ts';
import { addExamples } from '../examples.ts';
import { table } from '../table.ts';

interface CleanFlags {
  readonly dryRun?: boolean;
}

export function define(command: Command, cli: Cli): void {
  command
    .option('-n, --dry-run', 'only tell what would be removed')
    .action((flags: CleanFlags) => clean(flags, command, cli));
  command.addHelpText(
    'after',
    '\nWhat belongs to a process that lives is left alone, and so are functions, runs, records and the store.',
  );
  addExamples(command, [
    ['faasbatch clean --dry-run', 'what is there'],
    ['faasbatch clean', 'remove it'],
  ]);
}

async function clean({ dryRun = false }: CleanFlags, command: Command, cli: Cli): Promise<void> {
  const { home } = (await cli.config(command)).common;
  const [{ findLeftovers }, { undeliveredRuns }] = await Promise.all([
    import('../clean/leftovers.ts'),
    import('../clean/endedRuns.ts'),
  ]);
  const [leftovers, undelivered] = await Promise.all([findLeftovers(home), undeliveredRuns(home)]);
  if (!dryRun) for (const leftover of leftovers) await leftover.remove();
  const verb = dryRun ? 'would remove' : 'removed';
  cli.output.result({ dryRun, leftovers, undelivered }, () => {
    if (leftovers.length === 0) return 'nothing to remove';
    const rows = leftovers.map(({ path, what, bytes }) => [verb, path, what, formatBytes(bytes)]);
    return table(
      [{ head: '' }, { head: 'PATH' }, { head: 'WHAT' }, { head: 'SIZE', align: 'right' }],
      rows,
      cli.output.colour,
    );
  });
  for (const run of undelivered) {
    cli.output.warn(`${run.invocations} invocations of run ${run.runId} may not be in the store:\n  ${run.import}`);
  }
}
