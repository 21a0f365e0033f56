import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FaasError } from '../protocol/errors.ts';

/** The files of one day of the 2019 data set. Memory is missing on days 13 and 14. */
export interface DayFiles {
  /** 1 to 14; the three-file layout is one day of unknown number, 1. */
  readonly day: number;
  /** True for the official files, whose trace begins at midnight; the three-file layout begins at its first column. */
  readonly wholeDay: boolean;
  readonly invocations: string;
  readonly durations: string;
  readonly memory: string | null;
}

const OFFICIAL = /^invocations_per_function_md\.anon\.d(\d\d)\.csv$/;

/**
 * Finds the data set's files in a folder: the official names, any number of days, or the three-file layout.
 * @returns days in order, at least one.
 * @throws FaasError trace_unreadable naming what was looked for.
 */
export async function findDays(folder: string): Promise<DayFiles[]> {
  const names = new Set(await readdir(folder));
  if (names.has('invocations.csv')) return [threeFiles(folder, names)];
  const days = [...names]
    .flatMap((name) => OFFICIAL.exec(name)?.[1] ?? [])
    .sort()
    .map((day) => officialDay(folder, names, day));
  if (days.length > 0) return days;
  throw new FaasError(
    'trace_unreadable',
    `${folder} holds no trace: neither invocations.csv with durations.csv, nor invocations_per_function_md.anon.dNN.csv`,
    { path: folder },
  );
}

function threeFiles(folder: string, names: ReadonlySet<string>): DayFiles {
  const durations = join(folder, 'durations.csv');
  if (!names.has('durations.csv')) throw missing(durations, 'invocations.csv');
  const memory = names.has('memory.csv') ? join(folder, 'memory.csv') : null;
  return { day: 1, wholeDay: false, invocations: join(folder, 'invocations.csv'), durations, memory };
}

function officialDay(folder: string, names: ReadonlySet<string>, day: string): DayFiles {
  const invocations = `invocations_per_function_md.anon.d${day}.csv`;
  const durations = `function_durations_percentiles.anon.d${day}.csv`;
  const memory = `app_memory_percentiles.anon.d${day}.csv`;
  if (!names.has(durations)) throw missing(join(folder, durations), invocations);
  return {
    day: Number(day),
    wholeDay: true,
    invocations: join(folder, invocations),
    durations: join(folder, durations),
    memory: names.has(memory) ? join(folder, memory) : null,
  };
}

function missing(path: string, beside: string): FaasError {
  return new FaasError('trace_unreadable', `${path} does not exist, but must, beside ${beside}`, { path });
}
