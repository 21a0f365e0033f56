import type { CommandModule } from './cli.ts';

/** A command whose file is loaded only when it is called: `--help` of the program stays quick. */
export interface Leaf {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

export interface Group {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Leaf[];
}

/** The commands there are, under the headings of `--help`. README.md in this folder tells how to add one. */
export const COMMANDS: Readonly<Record<string, readonly (Leaf | Group)[]>> = {
  'Experiments:': [
    { name: 'replay', summary: 'replay a trace against a fresh worker', load: () => import('./commands/replay.ts') },
    {
      name: 'results',
      summary: 'what runs came to, and every call of them',
      commands: [
        { name: 'runs', summary: 'the runs in the store', load: () => import('./commands/resultsRuns.ts') },
        { name: 'show', summary: 'one run', load: () => import('./commands/resultsShow.ts') },
        { name: 'compare', summary: 'runs side by side', load: () => import('./commands/resultsCompare.ts') },
        { name: 'query', summary: 'statistics of any calls', load: () => import('./commands/resultsQuery.ts') },
        { name: 'export', summary: 'calls as CSV or JSON', load: () => import('./commands/resultsExport.ts') },
        { name: 'import', summary: 'feed run folders to the store', load: () => import('./commands/resultsImport.ts') },
        { name: 'rm', summary: 'delete runs', load: () => import('./commands/resultsRm.ts') },
      ],
    },
  ],
  'Functions:': [
    { name: 'up', summary: 'start a worker that serves functions', load: () => import('./commands/up.ts') },
    {
      name: 'function',
      summary: 'write, deploy and look at functions',
      commands: [
        { name: 'new', summary: 'write a function that works', load: () => import('./commands/functionNew.ts') },
        { name: 'deploy', summary: 'deploy a folder to a worker', load: () => import('./commands/functionDeploy.ts') },
        { name: 'list', summary: 'what a worker has', load: () => import('./commands/functionList.ts') },
        { name: 'show', summary: 'version and manifest of one', load: () => import('./commands/functionShow.ts') },
        { name: 'remove', summary: 'take one away', load: () => import('./commands/functionRemove.ts') },
      ],
    },
    { name: 'invoke', summary: 'call a function', load: () => import('./commands/invoke.ts') },
    { name: 'logs', summary: 'what a function wrote lately', load: () => import('./commands/logs.ts') },
  ],
  'This machine:': [
    { name: 'doctor', summary: 'what was found here, and what is missing', load: () => import('./commands/doctor.ts') },
    {
      name: 'config',
      summary: 'the configuration, and where each value came from',
      load: () => import('./commands/config.ts'),
    },
    {
      name: 'store',
      summary: 'the embedded store of results',
      commands: [
        { name: 'start', summary: 'start it', load: () => import('./commands/storeStart.ts') },
        { name: 'stop', summary: 'stop it', load: () => import('./commands/storeStop.ts') },
        {
          name: 'status',
          summary: 'does it run, and what does it hold',
          load: () => import('./commands/storeStatus.ts'),
        },
      ],
    },
    { name: 'clean', summary: 'remove what crashed runs left', load: () => import('./commands/clean.ts') },
  ],
};
