import type { Command } from 'commander';
import type { ResolvedConfig } from '../config/resolve.ts';
import type { ExitCode } from './exitCodes.ts';
import type { Output } from './output.ts';

/** What every command is given. */
export interface Cli {
  readonly output: Output;
  /** The working folder. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** The configuration, with the shared options and this command's own flags (see configFlags.ts) on top. */
  config(command: Command): Promise<ResolvedConfig>;
  /** What to end with when the command's action returns; one that throws ends as its error says. */
  exitCode: ExitCode;
}

/** One file in `commands/`, as the table in `program.ts` loads it. */
export interface CommandModule {
  /** Adds arguments, options, the action and examples to a command that has its name and summary already. */
  define(command: Command, cli: Cli): void;
}
