import { basename } from 'node:path';

/**
 * What traces are known to have wrong with them, and what is done about it. Nothing is corrected without a count.
 * Each: what is counted, and what became of it.
 */
const ISSUES = {
  duplicateInvocations: ['repeated rows of a function in a file of invocations', 'their counts were added'],
  duplicateDurations: ['repeated rows of a function in a file of durations', 'the first was kept'],
  duplicateMemory: ['repeated rows in a file of memory', 'the first was kept'],
  missingDurations: [
    'functions without durations',
    'each got one duration for all its calls, drawn from lognormal(-0.38, 2.36) seconds',
  ],
  missingMemory: ['functions without memory', 'they hold none'],
  negativeAverage: ['rows of durations with a negative Average', 'the percentiles stand in for it'],
  zeroAverage: ['rows of durations with calls and an Average of 0', 'kept as they are'],
  missingAverage: ['rows of durations without an Average', 'the percentiles stand in for it'],
  averageOutside: ['rows of durations whose Average does not fit their percentiles', 'the percentiles hold'],
  missingExtremes: [
    'rows of durations without a Minimum or Maximum that fits their percentiles',
    'percentile 0 or 100 stands in for it',
  ],
  unusablePercentile: ['rows of durations with a percentile that is negative or no number', 'it was left out'],
  notMonotone: ['rows of durations whose percentiles fall', 'each was raised to the one before'],
  noDuration: ['rows of durations with no usable value', 'treated as functions without durations'],
  unusableMemory: ['rows of memory without a value above 0', 'treated as missing'],
  countMismatch: [
    'functions whose Count of durations does not fit their calls per minute',
    'the calls per minute hold',
  ],
  unknownTrigger: ['rows with a trigger that is none of the seven', 'taken as "others"'],
  triggerChanged: ['times that a function changes its trigger between days', 'the first was kept'],
  zeroDurations: ['calls with a duration of 0', 'kept as they are'],
  startsBeforeZero: ['calls that would start before the trace does', 'they start at 0'],
  outOfOrder: ['rows that start before the row above', 'put in start order'],
} as const satisfies Record<string, readonly [string, string]>;

export type CleaningIssue = keyof typeof ISSUES;

/** What was found in a trace's files, in the order of the table above; empty when nothing was. */
export type CleaningReport = readonly {
  readonly issue: CleaningIssue;
  readonly count: number;
  /** What was counted, and what became of it. */
  readonly what: string;
  readonly action: string;
  /** The first of them, `file:line`. */
  readonly first: string | null;
}[];

/** Counts issues while a trace is read. */
export class Cleaning {
  readonly #found = new Map<CleaningIssue, { count: number; first: string | null }>();

  count(issue: CleaningIssue, where: string | null = null): void {
    const found = this.#found.get(issue);
    if (found === undefined) this.#found.set(issue, { count: 1, first: where });
    else found.count += 1;
  }

  report(): CleaningReport {
    return (Object.keys(ISSUES) as CleaningIssue[]).flatMap((issue) => {
      const found = this.#found.get(issue);
      if (found === undefined) return [];
      const [what, action] = ISSUES[issue];
      return [{ issue, count: found.count, what, action, first: found.first }];
    });
  }
}

/** Names a row in a report, without the folder, so that reports do not depend on where a trace lies. */
export function placeOf(path: string, line: number): string {
  return `${basename(path)}:${line}`;
}

/** The report as sentences for a schedule's notes. */
export function cleaningNotes(report: CleaningReport): string[] {
  return report.map(({ count, what, action, first }) => {
    return `${what}: ${count}${first === null ? '' : `, the first at ${first}`}; ${action}`;
  });
}
