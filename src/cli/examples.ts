import type { Command } from 'commander';

/** Ends a command's help with things to type. */
export function addExamples(command: Command, examples: readonly (readonly [typed: string, meaning: string])[]): void {
  const width = Math.max(...examples.map(([typed]) => typed.length));
  const lines = examples.map(([typed, meaning]) => `  $ ${typed.padEnd(width)}  # ${meaning}`);
  command.addHelpText('after', ['', 'Examples:', ...lines].join('\n'));
}
