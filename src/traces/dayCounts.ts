import { type Cleaning, placeOf } from './cleaning.ts';
import { columnAt, looseNumber, nonEmpty, type RowReader, readCsv, unreadable } from './csv.ts';
import type { DayFiles } from './dataset2019Files.ts';

/** Calls per minute of one function on one day, only minutes of the window that have any. */
export interface FunctionCounts {
  readonly key: string;
  readonly owner: string;
  readonly app: string;
  readonly func: string;
  readonly trigger: string;
  /** Minutes from the beginning of the trace, ascending, with as many counts. */
  minutes: Uint32Array;
  counts: Uint32Array;
  /** Calls in the whole file, the window aside. */
  callsInFile: number;
  readonly line: number;
}

export interface DayCounts {
  readonly digest: string;
  readonly functions: ReadonlyMap<string, FunctionCounts>;
  /** How many functions an app (`owner/app`) has in the file. */
  readonly functionsOfApp: ReadonlyMap<string, number>;
  /** Labels of the first and last minute column. */
  readonly firstLabel: number;
  readonly lastLabel: number;
}

const TRIGGERS = new Set(['http', 'timer', 'event', 'queue', 'storage', 'orchestration', 'others']);
const KEY_COLUMNS = ['HashOwner', 'HashApp', 'HashFunction'] as const;

/**
 * Reads a day's invocations. A column labelled k counts the calls of minute k - 1 of the day.
 * @param originMinute the trace's minute at the day's first one; the three-file layout begins with its first column.
 * @param fromMinute, toMinute the minutes of the trace to keep, half open.
 */
export async function readDayCounts(
  files: DayFiles,
  range: { readonly originMinute: number; readonly fromMinute: number; readonly toMinute: number },
  cleaning: Cleaning,
): Promise<DayCounts> {
  const functions = new Map<string, FunctionCounts>();
  const functionsOfApp = new Map<string, number>();
  let labels: number[] = [];
  const open = (header: readonly string[]): RowReader => {
    const layout = minuteColumns(files.invocations, header);
    labels = layout.labels;
    const firstLabel = files.wholeDay ? 1 : (labels[0] ?? 1);
    const minuteAt = labels.map((label) => range.originMinute + label - firstLabel);
    return (cells, line) => {
      const row = readRow(files.invocations, layout, minuteAt, range, cells, line, cleaning);
      const known = functions.get(row.key);
      if (known === undefined) {
        functions.set(row.key, row);
        const app = `${row.owner}/${row.app}`;
        functionsOfApp.set(app, (functionsOfApp.get(app) ?? 0) + 1);
      } else {
        cleaning.count('duplicateInvocations', placeOf(files.invocations, line));
        addCounts(known, row);
      }
    };
  };
  const { digest } = await readCsv(files.invocations, open);
  return { digest, functions, functionsOfApp, firstLabel: labels[0] ?? 1, lastLabel: labels.at(-1) ?? 1 };
}

interface Layout {
  readonly key: readonly number[];
  /** -1 where the file has no such column. */
  readonly trigger: number;
  readonly firstMinute: number;
  readonly labels: number[];
}

function minuteColumns(path: string, header: readonly string[]): Layout {
  const key = KEY_COLUMNS.map((column) => columnAt(path, header, column));
  const trigger = header.indexOf('Trigger');
  const firstMinute = Math.max(...key, trigger) + 1;
  const labels = header.slice(firstMinute).map((label, index, all) => {
    const minute = Number(label);
    const before = index === 0 ? 0 : Number(all[index - 1]);
    if (Number.isInteger(minute) && minute > before && minute <= 1_440) return minute;
    throw unreadable(path, 1, `column "${label}" must be a minute from 1 to 1440, later than the column before`);
  });
  if (labels.length === 0) throw unreadable(path, 1, 'the header has no minute columns (1 to 1440)');
  return { key, trigger, firstMinute, labels };
}

function readRow(
  path: string,
  layout: Layout,
  minuteAt: readonly number[],
  range: { readonly fromMinute: number; readonly toMinute: number },
  cells: readonly string[],
  line: number,
  cleaning: Cleaning,
): FunctionCounts {
  const [owner, app, func] = layout.key.map((at, index) =>
    nonEmpty(cells[at], path, line, KEY_COLUMNS[index] ?? ''),
  ) as [string, string, string];
  const minutes: number[] = [];
  const counts: number[] = [];
  let callsInFile = 0;
  for (let index = 0; index < layout.labels.length; index += 1) {
    const text = cells[layout.firstMinute + index];
    if (text === '0') continue;
    const count = wholeCount(text, path, line, layout.labels[index] ?? 0);
    callsInFile += count;
    const minute = minuteAt[index] ?? 0;
    if (count === 0 || minute < range.fromMinute || minute >= range.toMinute) continue;
    minutes.push(minute);
    counts.push(count);
  }
  const trigger = layout.trigger < 0 ? 'others' : (cells[layout.trigger] ?? '');
  if (!TRIGGERS.has(trigger)) cleaning.count('unknownTrigger', placeOf(path, line));
  return {
    key: `${owner}/${app}/${func}`,
    owner,
    app,
    func,
    trigger: TRIGGERS.has(trigger) ? trigger : 'others',
    minutes: Uint32Array.from(minutes),
    counts: Uint32Array.from(counts),
    callsInFile,
    line,
  };
}

function wholeCount(text: string | undefined, path: string, line: number, label: number): number {
  const count = looseNumber(text);
  if (Number.isInteger(count) && count >= 0 && count < 2 ** 32) return count;
  throw unreadable(
    path,
    line,
    `column "${label}" is "${text ?? ''}", but a count must be a whole number of at least 0`,
  );
}

function addCounts(into: FunctionCounts, other: FunctionCounts): void {
  const sums = new Map<number, number>();
  for (const { minutes, counts } of [into, other]) {
    minutes.forEach((minute, index) => {
      sums.set(minute, (sums.get(minute) ?? 0) + (counts[index] ?? 0));
    });
  }
  const ascending = [...sums].sort(([a], [b]) => a - b);
  into.minutes = Uint32Array.from(ascending, ([minute]) => minute);
  into.counts = Uint32Array.from(ascending, ([, count]) => count);
  into.callsInFile += other.callsInFile;
}
