import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { elapsed } from '../results/elapsed.ts';
import { elsewhereText } from '../results/embeddedStore.ts';

export function define(command: Command, cli: Cli): void {
  command.description(
    'Starts the embedded store, a server of its own on loopback that speaks as CouchDB does. Commands that need it ' +
      'start it by themselves; it ends when nobody has asked it anything for long.',
  );
  addConfigFlags(command, ['store.embeddedPort', 'store.idleTimeoutMs']);
  command.action(() => start(command, cli));
  addExamples(command, [
    ['faasbatch store start', 'where it is then asked: curl http://127.0.0.1:15984/faasbatch'],
    ['faasbatch store start --embedded-port 5984 --idle-timeout 8h', 'where, and how long'],
  ]);
}

async function start(command: Command, cli: Cli): Promise<void> {
  const config = await cli.config(command);
  const { store } = config;
  const { embeddedStoreStatus, ensureEmbeddedStore } = await import('../../results/embedded/control.ts');
  const before = await embeddedStoreStatus(store.home);
  const { url, pid, startedAt } = await ensureEmbeddedStore(store);
  const started = before.pid !== pid;
  cli.output.result({ started, url, pid, startedAt, folder: before.folder }, () =>
    started ? `started: ${url} (pid ${pid})` : `was running already: ${url} (pid ${pid})`,
  );
  if (started)
    cli.output.note(`it ends when it was idle for ${elapsed(store.idleTimeoutMs)}, or by faasbatch store stop`);
  else if (store.embeddedPort !== 0 && new URL(url).port !== String(store.embeddedPort)) {
    cli.output.warn(`it is not at port ${store.embeddedPort}: stop it first (faasbatch store stop)`);
  }
  const elsewhere = elsewhereText(config);
  if (elsewhere !== undefined) cli.output.warn(elsewhere);
}
