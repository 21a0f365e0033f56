import type { Command } from 'commander';
import { CONFIG_FIELDS, type ResolvedConfig, resolveConfig } from '../config/resolve.ts';
import type { Field, Unit } from '../config/role.ts';
import { ruleOf } from '../config/rules.ts';
import type { Written } from '../config/source.ts';
import type { Cli } from './cli.ts';
import type { SharedOptions } from './program.ts';

const VALUES: Partial<Record<Unit, string>> = {
  ms: '<duration>',
  bytes: '<size>',
  MB: '<size>',
  pairs: '<name=value>',
};

/** The fields that a command takes as flags; kept by command, so that `configFor` finds what was typed. */
const flagsOf = new WeakMap<Command, Map<string, Field>>();

/**
 * Gives a command flags for fields of the configuration: name, meaning, default and rule are those of the schema.
 * @param paths such as `worker.dispatchIntervalMs`
 */
export function addConfigFlags(command: Command, paths: readonly string[]): void {
  const flags = flagsOf.get(command) ?? new Map<string, Field>();
  flagsOf.set(command, flags);
  for (const path of paths) {
    const field = CONFIG_FIELDS.find((candidate) => candidate.path === path);
    if (field === undefined || field.facts.secret) throw new Error(`${path} is no field that can be a flag`);
    const option = command.createOption(`${field.flag} ${placeholder(field)}`, describe(field));
    if (field.facts.unit === 'pairs') option.argParser(joinPairs);
    command.addOption(option);
    flags.set(option.attributeName(), field);
  }
}

/**
 * The configuration for a command: shared options and its own flags over environment, file and defaults.
 * @throws FaasError `invalid_config`
 */
export function configFor(command: Command, cli: Cli): ResolvedConfig {
  const shared = command.optsWithGlobals<SharedOptions>();
  const flags = new Map<string, Written>();
  if (shared.home !== undefined) flags.set('home', written('--home', shared.home));
  for (const [name, field] of flagsOf.get(command) ?? []) {
    if (command.getOptionValueSource(name) === 'cli') flags.set(field.path, written(field.flag, command.opts()[name]));
  }
  return resolveConfig({ folder: cli.folder, file: shared.config, environment: cli.environment, flags });
}

function written(flag: string, value: unknown): Written {
  return { value, source: { kind: 'flag', flag } };
}

function describe(field: Field): string {
  const { description, default: preset, unit } = field.facts;
  const choices = 'enum' in field.schema ? ` (${ruleOf(field).replace('one of ', '')})` : '';
  const isTold = preset !== undefined && unit !== 'pairs';
  return `${description}${choices}${isTold ? ` (default: ${unit === 'ms' ? duration(Number(preset)) : preset})` : ''}`;
}

function duration(ms: number): string {
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`;
}

function placeholder(field: Field): string {
  if (field.facts.unit !== undefined) return VALUES[field.facts.unit] ?? `<${field.facts.unit}>`;
  return 'enum' in field.schema || (field.schema as { type?: string }).type === 'string' ? '<name>' : '<number>';
}

/** `--set window=arrival --set depth=3` is `--set window=arrival,depth=3`. */
function joinPairs(value: string, previous: string | undefined): string {
  return previous === undefined ? value : `${previous},${value}`;
}
