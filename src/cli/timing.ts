import { formatMs } from '../lib/duration.ts';
import type { Colour } from './colour.ts';

/** Where a call's time went, milliseconds; a stage that was not reached is absent. */
export interface Timing {
  /** From accepted to dispatched; the cold start is part of it. */
  readonly schedulingMs?: number;
  readonly coldStartMs?: number;
  readonly queueingMs?: number;
  readonly executionMs?: number;
  /** From accepted to completed, in the worker. */
  readonly totalMs?: number;
  /** As this process measured it: the way there and back in addition. */
  readonly roundTripMs: number;
}

const NAMES: Readonly<Record<string, keyof Timing>> = {
  scheduling: 'schedulingMs',
  cold: 'coldStartMs',
  queueing: 'queueingMs',
  execution: 'executionMs',
  total: 'totalMs',
};

/** @param serverTiming the header of that name: `scheduling;dur=1.5, cold;dur=0, …` */
export function readTiming(serverTiming: string, roundTripMs: number): Timing {
  const timing: Record<string, number> = {};
  for (const metric of serverTiming.split(',')) {
    const [, name = '', duration] = /^\s*([\w-]+);dur=([\d.]+)/.exec(metric) ?? [];
    const key = NAMES[name];
    if (key !== undefined) timing[key] = Number(duration);
  }
  return { ...timing, roundTripMs };
}

const BAR_WIDTH = 30;

/** The stages, one a line, with bars of their share. They add up to the round trip. */
export function timingText(timing: Timing, colour: Colour): string {
  const { schedulingMs, coldStartMs, queueingMs, executionMs, totalMs, roundTripMs } = timing;
  const known = (schedulingMs ?? 0) + (queueingMs ?? 0) + (executionMs ?? 0);
  const stages: (readonly [string, number | undefined, string?])[] = [
    ['scheduling', schedulingMs, coldStartMs ? `of it cold start ${formatMs(coldStartMs)}` : ''],
    ['queueing', queueingMs],
    ['execution', executionMs],
    [
      schedulingMs === undefined ? 'waiting' : 'completion',
      totalMs === undefined ? undefined : Math.max(0, totalMs - known),
    ],
    ['there and back', totalMs === undefined ? undefined : Math.max(0, roundTripMs - totalMs)],
    ['together', roundTripMs],
  ];
  return stages
    .filter((stage): stage is [string, number, string?] => stage[1] !== undefined)
    .map(([name, ms, remark]) => {
      const bar = name === 'together' ? '' : '█'.repeat(Math.round((ms / roundTripMs) * BAR_WIDTH));
      const end = [colour('cyan', bar), remark].filter((part) => part).join(' ');
      return `  ${name.padEnd(14)}  ${formatMs(ms).padStart(9)}  ${end}`.trimEnd();
    })
    .join('\n');
}
