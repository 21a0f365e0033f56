import { CouchError } from './couchError.ts';

/** Adds up the values of one group. */
export interface Reduction {
  add(value: unknown): void;
  readonly result: unknown;
}

export type ReduceName = '_count' | '_sum' | '_stats';

export function isReduceName(name: unknown): name is ReduceName {
  return name === '_count' || name === '_sum' || name === '_stats';
}

/** The built-in reductions, value by value: a group costs the same memory however many rows it has. */
export function startReduction(name: ReduceName): Reduction {
  if (name === '_count') return countReduction();
  return name === '_sum' ? sumReduction() : statsReduction();
}

function countReduction(): Reduction {
  let count = 0;
  return {
    add: () => {
      count += 1;
    },
    get result() {
      return count;
    },
  };
}

function sumReduction(): Reduction {
  let sum = 0;
  return {
    add: (value) => {
      sum += numberIn(value, '_sum');
    },
    get result() {
      return sum;
    },
  };
}

function statsReduction(): Reduction {
  const stats = { sum: 0, count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, sumsqr: 0 };
  return {
    add: (value) => {
      const number = numberIn(value, '_stats');
      stats.sum += number;
      stats.count += 1;
      stats.min = Math.min(stats.min, number);
      stats.max = Math.max(stats.max, number);
      stats.sumsqr += number * number;
    },
    result: stats,
  };
}

function numberIn(value: unknown, name: ReduceName): number {
  if (typeof value === 'number') return value;
  const reason = `The ${name} function requires that map values be numbers: ${JSON.stringify(value)}`;
  throw new CouchError(400, 'builtin_reduce_error', reason);
}
