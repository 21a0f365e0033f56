import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from './projectRoot.ts';

/** The commands in a page's `sh` fences, in order: one a line; a backslash joins lines, comments do not count. */
export function commandsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(([, block]) => (block ?? '').replaceAll(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.replace(/(^|\s+)#\s.*$/, '').trim())
    .filter((line) => line !== '');
}

export function readmeCommands(): string[] {
  return commandsIn(readFileSync(join(PROJECT_ROOT, 'README.md'), 'utf8'));
}
