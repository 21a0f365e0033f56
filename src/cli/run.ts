import { CommanderError } from 'commander';
import { asError, FaasError } from '../protocol/errors.ts';
import type { Cli } from './cli.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exitCodes.ts';
import { Output } from './output.ts';
import { buildProgram, type SharedOptions } from './program.ts';
import { usageError } from './usage.ts';

/** Runs one command line (without node and script) to its end; never throws. */
export async function run(commandLine: readonly string[]): Promise<ExitCode> {
  const early = createOutput(sharedOptionsIn(commandLine));
  let output: Output | undefined;
  const cli: Cli = {
    get output() {
      output ??= createOutput(program.opts<SharedOptions>());
      return output;
    },
    folder: process.cwd(),
    environment: process.env,
    config: async (command) => (await import('./configFlags.ts')).configFor(command, cli),
    exitCode: EXIT.ok,
  };
  const program = buildProgram(cli);
  try {
    await program.parseAsync(withoutHelpCommand(commandLine), { from: 'user' });
    return cli.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && isHelp(thrown)) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const error = thrown instanceof CommanderError ? asUsageError(thrown) : asError(thrown);
    report(error, early);
    return exitCodeOf(error);
  }
}

function createOutput(options: SharedOptions): Output {
  const { stdout, stderr, env } = process;
  return new Output({ json: options.json === true, quiet: options.quiet === true, stdout, stderr, environment: env });
}

/** Enough of a reading to report mistakes in the way that was asked for, before (or because) the line cannot be parsed. */
function sharedOptionsIn(commandLine: readonly string[]): SharedOptions {
  const end = commandLine.indexOf('--');
  const options = end === -1 ? commandLine : commandLine.slice(0, end);
  return { json: options.includes('--json') };
}

/** `faasbatch help function new` is `faasbatch function new --help`. */
function withoutHelpCommand(commandLine: readonly string[]): string[] {
  return commandLine[0] === 'help' ? [...commandLine.slice(1), '--help'] : [...commandLine];
}

function isHelp(error: CommanderError): boolean {
  return error.code.startsWith('commander.help') || error.code === 'commander.version';
}

/** `error: unknown option '--jsn'\n(Did you mean --json?)` */
function asUsageError(error: CommanderError): FaasError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  return usageError(message, suggestion?.replace(/^\(D(.*)\)$/, 'd$1') ?? 'faasbatch --help shows what there is');
}

function report(error: Error, output: Output): void {
  if (error instanceof FaasError) {
    const hint = error.details['hint'];
    output.error(error.code, error.message, typeof hint === 'string' ? hint : undefined);
    return;
  }
  const traced = /(^|,)faasbatch($|,)/.test(process.env['DEBUG'] ?? '');
  output.error(
    'internal',
    traced ? (error.stack ?? error.message) : error.message,
    traced ? undefined : 'DEBUG=faasbatch tells where',
  );
}
