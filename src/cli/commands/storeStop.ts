import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addExamples } from '../examples.ts';

export function define(command: Command, cli: Cli): void {
  command.description('Stops the embedded store of this home. What it holds stays; what needs it starts it again.');
  command.action(() => stop(command, cli));
  addExamples(command, [['faasbatch store stop', 'it ends what it is doing, then itself']]);
}

async function stop(command: Command, cli: Cli): Promise<void> {
  const { home } = (await cli.config(command)).store;
  const { embeddedStoreStatus, stopEmbeddedStore } = await import('../../results/embedded/control.ts');
  const { url, pid, folder } = await embeddedStoreStatus(home);
  const stopped = await stopEmbeddedStore(home);
  cli.output.result({ stopped, url, pid, folder }, () =>
    stopped ? `stopped: ${url} (pid ${pid})` : `no embedded store was running for ${folder}`,
  );
}
