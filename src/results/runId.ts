import { randomInt } from 'node:crypto';

// no vowels, nothing that looks like something else: ids are read aloud and never spell a word
const ALPHABET = '23456789bcdfghjkmnpqrstvwxz';
const SUFFIX_LENGTH = 4;

/**
 * `20261121-020312-faasbatch-k3f9`: second of creation (UTC), strategy, four random characters. Sorts by time, and is
 * safe in file names, URLs and document ids, where invocations put `:` and their sequence number behind it.
 */
export function makeRunId(strategy: string, now = new Date()): string {
  const time = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const name =
    strategy
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 32) || 'run';
  const suffix = Array.from({ length: SUFFIX_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `${time}-${name}-${suffix}`;
}

export function isRunId(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,99}$/.test(text);
}
