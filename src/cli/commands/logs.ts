import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { onInterrupt } from '../interrupt.ts';
import { followLogs, invocationLogs, MAX_TAIL, recentLogs } from '../logs.ts';
import { usageError } from '../usage.ts';
import { GATEWAY_FLAGS, withGateway } from '../withGateway.ts';

interface LogFlags {
  readonly invocation?: string;
  readonly follow?: boolean;
  readonly tail: string;
}

const DEFAULT_TAIL = 100;

export function define(command: Command, cli: Cli): void {
  command
    .argument('<function>', 'name, or namespace/name')
    .option('--invocation <id>', 'only what this invocation wrote')
    .option('-f, --follow', 'go on until Ctrl-C, or until that invocation has ended')
    .option('--tail <lines>', `so many lines at most, the last ones: 1 to ${MAX_TAIL}`, String(DEFAULT_TAIL));
  addConfigFlags(command, GATEWAY_FLAGS);
  command.action((name: string, flags: LogFlags) => showLogs(name, flags, command, cli));
  addExamples(command, [
    ['faasbatch logs hello', 'what it wrote lately, and how invocations failed'],
    ['faasbatch logs hello --follow', 'and what it goes on to write'],
    ['faasbatch logs hello --invocation 7x2kq9-1', 'what one invocation wrote'],
  ]);
}

async function showLogs(name: string, flags: LogFlags, command: Command, cli: Cli): Promise<void> {
  const { invocation, follow = false } = flags;
  const tail = readTail(flags.tail);
  const stop = new AbortController();
  const ignore = follow ? onInterrupt({ graceful: () => stop.abort() }) : () => undefined;
  // Without --follow nothing is waited for.
  const until = follow ? stop.signal : AbortSignal.abort();
  try {
    await withGateway(command, cli, async (gateway) => {
      if (invocation !== undefined) await invocationLogs(gateway, name, invocation, until, cli.output);
      else if (follow) await followLogs(gateway, name, tail, until, cli.output);
      else await recentLogs(gateway, name, tail, cli.output);
    });
  } finally {
    ignore();
  }
}

function readTail(text: string): number {
  const tail = Number(text);
  if (/^\d+$/.test(text) && tail >= 1 && tail <= MAX_TAIL) return tail;
  throw usageError(`--tail: "${text}" must be a whole number from 1 to ${MAX_TAIL}`);
}
