import { parseArgs } from 'node:util';
import { didYouMean } from '../../src/lib/nearest.ts';
import { asError, FaasError } from '../../src/protocol/errors.ts';
import type { Bench } from './benchmark.ts';

export interface BenchOptions {
  /** In the order of the benchmarks, whatever the order of the words. */
  readonly names: readonly string[];
  readonly size: Bench['size'];
  readonly json: boolean;
  readonly check: boolean;
  readonly help: boolean;
}

const ALL = 'all';

/** @throws FaasError `usage` */
export function parseOptions(words: readonly string[], known: readonly string[]): BenchOptions {
  const { values, positionals } = parse(words);
  for (const name of positionals) {
    if (name === ALL || known.includes(name)) continue;
    const there = [...known, ALL];
    throw new FaasError('usage', `"${name}" is no benchmark: there are ${there.join(', ')}.${didYouMean(name, there)}`);
  }
  const { quick = false, json = false, check = false, help = false } = values;
  const everything = positionals.length === 0 || positionals.includes(ALL);
  return {
    names: everything ? known : known.filter((name) => positionals.includes(name)),
    size: quick ? 'quick' : 'full',
    json,
    check,
    help,
  };
}

function parse(words: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { quick: flag, json: flag, check: flag, help: { ...flag, short: 'h' } },
    });
  } catch (thrown) {
    throw new FaasError('usage', asError(thrown).message);
  }
}
