import { type Cleaning, placeOf } from './cleaning.ts';
import { columnAt, looseNumber, readCsv } from './csv.ts';
import type { DayFiles } from './dataset2019Files.ts';
import { type DurationRow, PERCENTILES } from './sketch.ts';

/** A row of durations, with its place for reports. */
export interface DurationProfile extends DurationRow {
  readonly where: string;
}

export interface DayDurations {
  readonly digest: string;
  /** By `owner/app/function`. */
  readonly rows: ReadonlyMap<string, DurationProfile>;
}

/** Reads a day's durations, of the functions asked for. Joined by key: the files of a day are in different orders. */
export async function readDayDurations(
  files: DayFiles,
  wanted: ReadonlySet<string>,
  cleaning: Cleaning,
): Promise<DayDurations> {
  const path = files.durations;
  const rows = new Map<string, DurationProfile>();
  const { digest } = await readCsv(path, (header) => {
    const at = (column: string): number => columnAt(path, header, column);
    const [owner, app, func] = [at('HashOwner'), at('HashApp'), at('HashFunction')];
    const [average, count, minimum, maximum] = [at('Average'), at('Count'), at('Minimum'), at('Maximum')];
    const percentiles = PERCENTILES.map((quantile) => at(`percentile_Average_${quantile * 100}`));
    return (cells, line) => {
      const key = `${cells[owner]}/${cells[app]}/${cells[func]}`;
      if (!wanted.has(key)) return;
      if (rows.has(key)) {
        cleaning.count('duplicateDurations', placeOf(path, line));
        return;
      }
      rows.set(key, {
        average: looseNumber(cells[average]),
        count: looseNumber(cells[count]),
        minimum: looseNumber(cells[minimum]),
        maximum: looseNumber(cells[maximum]),
        percentiles: percentiles.map((column) => looseNumber(cells[column])),
        where: placeOf(path, line),
      });
    };
  });
  return { digest, rows };
}

export interface DayMemory {
  readonly digest: string;
  /** Megabytes of one function: the app's share, or what a file per function says. */
  readonly memoryMbOf: (key: string, app: string) => number | undefined;
}

/**
 * Reads a day's memory. The data set has it per app, of which each function gets an equal share; the three-file
 * layout has it per function, shared out already.
 * @param functionsOfApp by `owner/app`.
 */
export async function readDayMemory(
  path: string,
  functionsOfApp: ReadonlyMap<string, number>,
  cleaning: Cleaning,
): Promise<DayMemory> {
  const memoryMb = new Map<string, number>();
  let perFunction = false;
  const { digest } = await readCsv(path, (header) => {
    const [owner, app] = [columnAt(path, header, 'HashOwner'), columnAt(path, header, 'HashApp')];
    const average = columnAt(path, header, 'AverageAllocatedMb');
    const func = header.indexOf('HashFunction');
    perFunction = func >= 0;
    return (cells, line) => {
      const appKey = `${cells[owner]}/${cells[app]}`;
      const key = perFunction ? `${appKey}/${cells[func]}` : appKey;
      const value = looseNumber(cells[average]);
      if (memoryMb.has(key)) cleaning.count('duplicateMemory', placeOf(path, line));
      else if (value > 0) memoryMb.set(key, value);
      else cleaning.count('unusableMemory', placeOf(path, line));
    };
  });
  const memoryMbOf = (key: string, app: string): number | undefined => {
    if (perFunction) return memoryMb.get(key);
    const ofApp = memoryMb.get(app);
    return ofApp === undefined ? undefined : ofApp / (functionsOfApp.get(app) ?? 1);
  };
  return { digest, memoryMbOf };
}
