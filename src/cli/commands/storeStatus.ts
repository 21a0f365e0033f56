import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { Colour } from '../colour.ts';
import { addExamples } from '../examples.ts';
import { EXIT } from '../exitCodes.ts';
import { ago, elapsed, utc } from '../results/elapsed.ts';
import { elsewhereText, type SeenStore, seeEmbeddedStore } from '../results/embeddedStore.ts';
import { type Fact, factsText } from '../results/facts.ts';

export function define(command: Command, cli: Cli): void {
  command.description(
    'Tells whether the embedded store of this home runs, and what it holds. Looking does not start it.',
  );
  command.action(() => status(command, cli));
  addExamples(command, [
    ['faasbatch store status', 'address, folder, databases, how long nobody has asked'],
    ["faasbatch store status --json | jq -r '.url'", 'for programs'],
  ]);
}

async function status(command: Command, cli: Cli): Promise<void> {
  const config = await cli.config(command);
  const seen = await seeEmbeddedStore(config.store);
  cli.output.result({ ...seen, replacedBy: config.store.url ?? null }, () => statusText(seen, cli.output.colour));
  if (seen.problem !== null) cli.exitCode = EXIT.failure;
  if (!seen.running) cli.output.note('it is started when something needs it, or by faasbatch store start');
  const elsewhere = elsewhereText(config);
  if (elsewhere !== undefined) cli.output.warn(elsewhere);
}

function statusText({ running, folder, url, pid, startedAt, inside, problem }: SeenStore, colour: Colour): string {
  if (!running) return [colour('bold', 'not running'), factsText([['folder', folder]], colour)].join('\n');
  const facts: Fact[] = [
    ['url', url ?? ''],
    ['pid', String(pid)],
    ['folder', folder],
    ['started', startedAt === null ? '' : `${utc(startedAt)}, ${ago(startedAt)}`],
    ...insideFacts(inside),
    ['problem', problem ?? ''],
  ];
  const head = problem === null ? colour('green', 'running') : colour('yellow', 'running, but not as it should');
  return [
    head,
    factsText(
      facts.filter(([, value]) => value !== ''),
      colour,
    ),
  ].join('\n');
}

function insideFacts(inside: SeenStore['inside']): Fact[] {
  if (inside === null) return [];
  const { idleMs, idleTimeoutMs, databases } = inside;
  const names = databases.map(({ name, documents }) => `${name} (${documents} documents)`);
  return [
    ['databases', names.length === 0 ? 'none yet' : names.join(', ')],
    ['idle', `for ${elapsed(idleMs)}${idleTimeoutMs === null ? '' : `; ends after ${elapsed(idleTimeoutMs)}`}`],
  ];
}
