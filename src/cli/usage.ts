import { nearest } from '../lib/nearest.ts';
import { FaasError } from '../protocol/errors.ts';

/** A mistake on the command line: exit code 2. The hint is printed below it. */
export function usageError(message: string, hint?: string): FaasError {
  return new FaasError('usage', message, hint === undefined ? {} : { hint });
}

/**
 * Takes what was typed if it is one of the candidates.
 * @throws FaasError `usage` that names what there is and suggests the nearest
 */
export function oneOf<T extends string>(what: string, typed: string, candidates: readonly T[]): T {
  const found = candidates.find((candidate) => candidate === typed);
  if (found !== undefined) return found;
  const close = nearest(typed, candidates);
  const there = candidates.length === 0 ? 'there is none' : `there are ${candidates.join(', ')}`;
  throw usageError(`no ${what} "${typed}"`, close === undefined ? there : `did you mean ${close}?`);
}
