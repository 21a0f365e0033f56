import { createHash } from 'node:crypto';
import type { CleaningReport } from './cleaning.ts';

/** A function as a trace names it. */
export interface TraceFunction {
  /** `app/func` (2021) or `owner/app/function` (2019): func alone is not unique, so the whole key is the identity. */
  readonly key: string;
  /** First 16 hex characters of the key's sha256: names and random substreams hang on it. */
  readonly id: string;
  readonly owner?: string;
  readonly app: string;
  readonly func: string;
  readonly trigger?: string;
  /** Number of its app in order of first appearance, from 0 (2021 only). */
  readonly appNumber?: number;
  /** What one container of it holds, from the data set of 2019. */
  readonly memoryMb?: number;
}

/**
 * Calls of a trace, one entry per call in each column, in start order with ties in trace order. Columns instead of
 * objects, because a trace may hold two million calls.
 */
export interface TraceCalls {
  /** Whole microseconds from the beginning of the trace. */
  readonly startUs: Float64Array;
  readonly durationMs: Float64Array;
  /** Index into the trace's functions. */
  readonly functionIndex: Uint32Array;
  /** N of fib(N), where the trace carries it. */
  readonly n: Uint8Array | null;
}

export interface Trace {
  readonly name: string;
  /** sha256 of what was read; of a folder: over the lines `<sha256>  <file name>` of its files in name order. */
  readonly digest: string;
  readonly functions: readonly TraceFunction[];
  readonly calls: TraceCalls;
  /** Where the whole trace ends, windows aside: milliseconds from its beginning. */
  readonly endMs: number;
  readonly cleaning: CleaningReport;
  /** What was approximated or drawn on the way from the files to calls. */
  readonly notes: readonly string[];
}

/** The part of a trace to read: calls that start in [startMs, startMs + durationMs), in milliseconds of trace time. */
export interface Window {
  readonly startMs: number;
  /** Infinity: to the end. */
  readonly durationMs: number;
}

/** More calls than this are refused: the whole 2021 trace has 1,980,951. */
export const MAX_CALLS = 2_000_000;

export function functionId(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** The window's ends in microseconds, the unit in which calls are compared with it. */
export function windowUs(window: Window): { readonly fromUs: number; readonly toUs: number } {
  const fromUs = Math.round(window.startMs * 1_000);
  return { fromUs, toUs: fromUs + Math.round(window.durationMs * 1_000) };
}

/** The calls at these positions, in this order. */
export function takeCalls(calls: TraceCalls, positions: ArrayLike<number>): TraceCalls {
  const taken = {
    startUs: new Float64Array(positions.length),
    durationMs: new Float64Array(positions.length),
    functionIndex: new Uint32Array(positions.length),
    n: calls.n === null ? null : new Uint8Array(positions.length),
  };
  for (let to = 0; to < positions.length; to += 1) {
    const from = positions[to] ?? 0;
    taken.startUs[to] = calls.startUs[from] ?? 0;
    taken.durationMs[to] = calls.durationMs[from] ?? 0;
    taken.functionIndex[to] = calls.functionIndex[from] ?? 0;
    if (taken.n !== null && calls.n !== null) taken.n[to] = calls.n[from] ?? 0;
  }
  return taken;
}

/** The same calls in start order; what starts in the same microsecond keeps its order. */
export function inStartOrder(calls: TraceCalls): TraceCalls {
  const order = Uint32Array.from(calls.startUs, (_, index) => index);
  order.sort((a, b) => (calls.startUs[a] ?? 0) - (calls.startUs[b] ?? 0) || a - b);
  return takeCalls(calls, order);
}
