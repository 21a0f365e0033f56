import { FaasError } from '../protocol/errors.ts';
import type { TraceFunction } from './trace.ts';

/** What a trace calls a function when its names are not hashes, and a name that a deployed function may have. */
const READABLE = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/;
const HASH = /^[0-9a-f]{16,}$/;

/**
 * Names to deploy a trace's functions under, in the order of the functions. The same key always has the same name:
 * its readable func where only one of these functions is called so, else `fn-` and as much of its hash as tells it
 * from the others (8 characters, unless two of them begin alike).
 */
export function deployedNames(functions: readonly TraceFunction[]): string[] {
  const sharing = countBy(functions, ({ func }) => func);
  let length = 8;
  while (length < 16 && countBy(functions, ({ id }) => id.slice(0, length)).size < functions.length) length += 4;
  const names = functions.map(({ func, id }) => {
    const readable = READABLE.test(func) && !HASH.test(func) && !func.startsWith('fn-') && sharing.get(func) === 1;
    return readable ? func : `fn-${id.slice(0, length)}`;
  });
  if (new Set(names).size === names.length) return names;
  throw new FaasError('internal', 'two functions of the trace share 64 bits of sha256, so they cannot be named apart');
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
