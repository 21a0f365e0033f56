import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { NAME_PATTERN, NAME_RULE } from '../../functions/name.ts';
import { FaasError } from '../../protocol/errors.ts';
import type { Cli } from '../cli.ts';
import { addExamples } from '../examples.ts';
import { type FunctionKind, scaffold } from '../scaffold.ts';
import { usageError } from '../usage.ts';

const KINDS: readonly FunctionKind[] = ['cpu', 'io'];

interface NewOptions {
  readonly kind: FunctionKind;
  readonly folder?: string;
}

export function define(command: Command, cli: Cli): void {
  command
    .argument('<name>', 'lower-case letters, digits and inner hyphens')
    .addOption(
      new Option('--kind <kind>', 'cpu: it computes, and spreads over threads; io: it waits, and shares one')
        .choices([...KINDS])
        .default('io'),
    )
    .option('--folder <folder>', 'where to write it (default: a folder of its name)')
    .action((name: string, options: NewOptions) => writeFunction(name, options, cli));
  addExamples(command, [
    ['faasbatch function new hello', 'writes hello/function.yaml and hello/handler.mjs'],
    ['faasbatch function new primes --kind cpu', 'one that computes'],
  ]);
}

function writeFunction(name: string, options: NewOptions, cli: Cli): void {
  if (!new RegExp(NAME_PATTERN).test(name)) throw usageError(`name: ${JSON.stringify(name)} must be ${NAME_RULE}`);
  const folder = resolve(cli.folder, options.folder ?? name);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new FaasError('conflict', `${folder} is there already, and not empty`, { hint: 'choose another --folder' });
  }
  const { files, event } = scaffold(name, options.kind);
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content, { flag: 'wx' });

  const typed = relative(cli.folder, folder) || '.';
  const next = [
    'faasbatch up',
    `faasbatch function deploy ${typed.startsWith('.') || typed.startsWith('/') ? typed : `./${typed}`}`,
    `faasbatch invoke ${name} --data '${JSON.stringify(event)}'`,
  ];
  const paths = Object.keys(files).map((file) => join(folder, file));
  cli.output.result({ name, kind: options.kind, folder, files: paths, next }, () => `wrote ${paths.join(' and ')}`);
  cli.output.note(`\nnext, with a worker in a terminal of its own:\n${next.map((line) => `  ${line}`).join('\n')}`);
}
