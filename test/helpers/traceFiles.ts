import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Writes files into a folder of the test's own, which goes when the test ends. Returns the folder. */
export function traceFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'faasbatch-trace-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** A file of the 2021 schema from rows `app,func,end_timestamp,duration`. Returns its path. */
export function trace2021(...rows: readonly string[]): string {
  const text = ['app,func,end_timestamp,duration', ...rows].map((row) => `${row}\n`).join('');
  return join(traceFolder({ 'trace.csv': text }), 'trace.csv');
}

export interface Row2019 {
  readonly key: string;
  readonly trigger?: string;
  readonly counts: readonly number[];
}

const PERCENTILES = [0, 1, 25, 50, 75, 99, 100].map((percent) => `percentile_Average_${percent}`).join(',');
export const DURATIONS_HEADER = `HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,${PERCENTILES}`;

/** `invocations.csv` of the 2019 schema; a key is `owner,app,function`. */
export function invocations2019(rows: readonly Row2019[], firstLabel = 1): string {
  const labels = (rows[0]?.counts ?? []).map((_, index) => firstLabel + index);
  const lines = rows.map(({ key, trigger, counts }) => `${key},${trigger ?? 'http'},${counts.join(',')}`);
  return [`HashOwner,HashApp,HashFunction,Trigger,${labels.join(',')}`, ...lines, ''].join('\n');
}

/** `durations.csv` in which each of these functions always takes 100 ms. */
export function steadyDurations(keys: readonly string[]): string {
  const rows = keys.map((key) => `${key},100,1000,100.0,100.0,100,100,100,100,100,100,100`);
  return [DURATIONS_HEADER, ...rows, ''].join('\n');
}

/** A three-file folder without memory, whose functions take 100 ms. */
export function folder2019(rows: readonly Row2019[], firstLabel = 1): string {
  return traceFolder({
    'invocations.csv': invocations2019(rows, firstLabel),
    'durations.csv': steadyDurations(rows.map(({ key }) => key)),
  });
}
