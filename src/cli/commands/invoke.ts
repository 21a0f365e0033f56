import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import type { EventFlags } from '../eventInput.ts';
import { addExamples } from '../examples.ts';
import { GATEWAY_FLAGS } from '../withGateway.ts';

export interface InvokeFlags extends EventFlags {
  readonly async?: boolean;
  readonly id?: string;
  readonly timing?: boolean;
}

export function define(command: Command, cli: Cli): void {
  command
    .argument('<function>', 'name, or namespace/name')
    .addOption(new Option('-d, --data <json>', 'the event, as JSON').conflicts(['text', 'file']))
    .addOption(new Option('--text <text>', 'the event, as text').conflicts('file'))
    .option('--file <path>', 'the event is what this file holds; -: what comes on stdin, as when it is piped in')
    .option(
      '--content-type <type>',
      'of the event (default: by option, extension .json or .txt, or what it looks like)',
    )
    .addOption(new Option('--async', 'do not wait for its end: print its id').conflicts('timing'))
    .option('--id <id>', 'the id of the invocation (default: the worker makes one)')
    .option('--timing', 'tell where the time went, and why it waited (on stderr)');
  addConfigFlags(command, GATEWAY_FLAGS);
  command.action(async (name: string, flags: InvokeFlags) => {
    const { invoke } = await import('../invoke.ts');
    await invoke(name, flags, command, cli);
  });
  addExamples(command, [
    [`faasbatch invoke hello --data '{"name": "world"}'`, 'what the function returns goes to stdout, as it is'],
    ['faasbatch invoke hello --file photo.jpg > thumb.jpg', 'bytes in, bytes out'],
    ['jq .user orders.json | faasbatch invoke hello', 'the event comes from a pipe'],
    ['faasbatch invoke hello --timing', 'where did the time go?'],
    ["faasbatch invoke hello --json | jq '.timing.executionMs'", 'for programs: status, id, timing and result'],
  ]);
}
