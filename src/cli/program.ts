import { Command } from 'commander';
import type { Cli } from './cli.ts';
import { colourFor } from './colour.ts';
import { COMMANDS, type Leaf } from './commandTable.ts';
import { addExamples } from './examples.ts';
import { packageVersion } from './packageVersion.ts';

/** Options that every command takes, before or after its name. */
export interface SharedOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly home?: string;
  readonly quiet?: boolean;
}

const ABOUT =
  'Runs functions in batches inside shared containers, replays traces of real clouds against itself, and keeps what happened to every invocation.';

/** The whole program, with commands that define themselves when they are called. Mistakes throw CommanderError. */
export function buildProgram(cli: Cli): Command {
  const program = new Command('faasbatch')
    .description(ABOUT)
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('--json', 'print the result as JSON (errors too, on stderr)')
    .option('--config <file>', 'read this configuration file instead of faasbatch.yaml in the working folder')
    .option('--home <folder>', 'folder of functions, runs and the embedded store')
    .option('-q, --quiet', 'print results and errors only');
  configureStyle(program);
  addCommands(program, cli);
  addExamples(program, [
    ['faasbatch replay --strategy vanilla,faasbatch', "replay the paper's CPU work under both"],
    ['faasbatch results runs', 'see what is stored'],
    ['faasbatch doctor', 'see what this machine can do'],
    ['faasbatch function new hello', 'write a first function'],
    ['faasbatch help function new', 'learn more about a command'],
  ]);
  program.addHelpText('after', '\nExit codes: 0 ok, 1 failure, 2 usage, 3 a run broke a guard rail.');
  return program;
}

function addCommands(program: Command, cli: Cli): void {
  for (const [heading, entries] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const entry of entries) {
      if ('load' in entry) {
        addLeaf(program, entry, cli);
      } else {
        const group = program.command(entry.name).description(entry.summary).helpCommand(false);
        for (const leaf of entry.commands) addLeaf(group, leaf, cli);
      }
    }
  }
}

/** Commander calls this hook after it has found the command, and before it parses the command's options. */
function addLeaf(parent: Command, leaf: Leaf, cli: Cli): void {
  const command = parent.command(leaf.name).description(leaf.summary);
  parent.hook('preSubcommand', async (_, called) => {
    if (called === command) (await leaf.load()).define(command, cli);
  });
}

/** Must come before any command is added: commands inherit it. */
function configureStyle(program: Command): void {
  const colour = colourFor(process.stdout, process.env);
  program
    .exitOverride()
    .helpCommand(false)
    .helpOption('-h, --help', 'print this help')
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => colour('bold', title) });
}
