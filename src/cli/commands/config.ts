import type { Command } from 'commander';
import { CONFIG_FIELDS, type ResolvedConfig, type Setting } from '../../config/resolve.ts';
import { describeSource } from '../../config/source.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Cli } from '../cli.ts';
import { addExamples } from '../examples.ts';
import { table } from '../table.ts';
import { usageError } from '../usage.ts';

export function define(command: Command, cli: Cli): void {
  command
    .argument('[names...]', 'sections or settings, such as worker or store.url; none: all of them')
    .option('--describe', 'print what each setting means and where it can be set')
    .action(async (names: string[], options: { describe?: boolean }) => {
      const config = await cli.config(command);
      const settings = select(config, names);
      cli.output.result(asJson(settings, config.file), () =>
        options.describe ? describeAll(settings, cli) : listAll(settings, cli),
      );
      if (config.file !== undefined) cli.output.note(`read ${config.file}`);
    });
  addExamples(command, [
    ['faasbatch config', 'every value, and where it came from'],
    ['faasbatch config worker.port store', 'some of them'],
    ['faasbatch config --describe worker', 'what they mean, and how they are set'],
    ['FAASBATCH_PORT=9000 faasbatch config worker.port', 'the environment wins over faasbatch.yaml, a flag over both'],
  ]);
}

function select(config: ResolvedConfig, names: readonly string[]): readonly Setting[] {
  if (names.length === 0) return config.settings;
  return names.flatMap((name) => {
    const found = config.settings.filter(({ field }) => field.path === name || field.role === name);
    if (found.length > 0) return found;
    const close = nearest(name, [...new Set(CONFIG_FIELDS.flatMap((field) => [field.path, field.role]))]);
    throw usageError(`no setting "${name}"`, close === undefined ? undefined : `did you mean ${close}?`);
  });
}

function asJson(settings: readonly Setting[], file: string | undefined): unknown {
  const shown = settings.map(({ field, shown: value, source }) => {
    return [field.path, { value: value ?? null, source: describeSource(source) }];
  });
  return { file: file ?? null, settings: Object.fromEntries(shown) };
}

function listAll(settings: readonly Setting[], cli: Cli): string {
  const { colour } = cli.output;
  const rows = settings.map(({ field, shown, source }) => {
    const isDefault = source.kind === 'default' || source.kind === 'host';
    const from = describeSource(source);
    return [field.path, asText(shown), isDefault ? colour('dim', from) : from];
  });
  return table([{ head: 'SETTING' }, { head: 'VALUE' }, { head: 'FROM' }], rows, colour);
}

function describeAll(settings: readonly Setting[], cli: Cli): string {
  const { colour } = cli.output;
  return settings
    .map(({ field, shown }) => {
      const ways = field.facts.secret ? field.environment : `faasbatch.yaml, ${field.environment}`;
      return `${colour('bold', field.path)} = ${asText(shown)}\n  ${field.facts.description}\n  ${colour('dim', ways)}`;
    })
    .join('\n');
}

function asText(value: unknown): string {
  if (value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
