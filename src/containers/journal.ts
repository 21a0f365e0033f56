import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Begun, decodeBegun } from '../protocol/startedJournal.ts';

/** What a container's threads wrote down before they began it; nothing where there is no journal. */
export function readJournal(path: string): Begun[] {
  try {
    const files = readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.`));
    return files.flatMap((name) => decodeBegun(readFileSync(join(dirname(path), name))));
  } catch {
    return [];
  }
}
