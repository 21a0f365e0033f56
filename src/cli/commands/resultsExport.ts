import { extname, resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes } from '../../lib/bytes.ts';
import { type ExportFormat, exportInvocations } from '../../results/exportInvocations.ts';
import type { ResultStore } from '../../results/store.ts';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { EXIT } from '../exitCodes.ts';
import { onInterrupt } from '../interrupt.ts';
import { runsInOrder } from '../results/findRuns.ts';
import { whyNothing } from '../results/matchedRuns.ts';
import { joinWhere, readConditions, WHERE_OPTION } from '../results/question.ts';
import { STORE_FLAGS, withStore } from '../results/withStore.ts';
import { writeFilePieces, writePieces } from '../results/writePieces.ts';
import { oneOf, usageError } from '../usage.ts';

interface ExportFlags {
  readonly format?: string;
  readonly where?: string;
  readonly out?: string;
}

const FORMATS: readonly ExportFormat[] = ['csv', 'json'];

export function define(command: Command, cli: Cli): void {
  command
    .description('Writes invocations out, as they come: CSV with a header, or a JSON array of the stored documents.')
    .option('--format <format>', `${FORMATS.join(' or ')} (default: as --out ends, else csv)`)
    .option(...WHERE_OPTION, joinWhere)
    .option('--out <file>', 'into this file, which is there once it is whole (default: stdout)');
  addConfigFlags(command, STORE_FLAGS);
  command.action((flags: ExportFlags) => exportAll(flags, command, cli));
  addExamples(command, [
    ['faasbatch results export --out all.csv', 'every invocation of every run'],
    ['faasbatch results export --where runId=20261121-020312-faasbatch-k3f9 | head', 'the first of one run'],
    ["faasbatch results export --format json --where 'status!=ok'", 'the documents of those that went wrong'],
  ]);
}

async function exportAll(flags: ExportFlags, command: Command, cli: Cli): Promise<void> {
  const out = flags.out === '-' ? undefined : flags.out;
  const format = readFormat(flags.format, out, cli);
  const conditions = readConditions(flags.where);
  await withStore(command, cli, async (store) => {
    let invocations = 0;
    const pieces = exportInvocations(store, format, flags.where, () => {
      invocations += 1;
    });
    if (out === undefined) await writePieces(pieces, process.stdout);
    else await toFile(pieces, resolve(cli.folder, out), format, () => invocations, cli);
    if (invocations === 0) cli.output.note(await whyNone(store, conditions));
  });
}

async function whyNone(store: ResultStore, conditions: ReturnType<typeof readConditions>): Promise<string> {
  return whyNothing(await runsInOrder(store), conditions);
}

async function toFile(
  pieces: AsyncIterable<string>,
  path: string,
  format: ExportFormat,
  invocations: () => number,
  cli: Cli,
): Promise<void> {
  const stop = new AbortController();
  const ignore = onInterrupt({ graceful: () => stop.abort() });
  try {
    const bytes = await writeFilePieces(pieces, path, stop.signal);
    cli.output.result(
      { file: path, format, invocations: invocations(), bytes },
      () => `${invocations()} invocations in ${path} (${formatBytes(bytes)})`,
    );
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
    cli.output.warn(`interrupted: ${path} was not written`);
    cli.exitCode = EXIT.failure;
  } finally {
    ignore();
  }
}

/** On stdout `--json` asks for JSON; with `--out`, for the report in JSON. */
function readFormat(typed: string | undefined, out: string | undefined, cli: Cli): ExportFormat {
  const asksForJson = cli.output.json && out === undefined;
  if (typed === undefined) return asksForJson || extname(out ?? '').toLowerCase() === '.json' ? 'json' : 'csv';
  const format = oneOf('format', typed, FORMATS);
  if (asksForJson && format !== 'json') throw usageError('--format csv and --json contradict each other');
  return format;
}
