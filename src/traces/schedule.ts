import type { FunctionManifest } from '../protocol/manifest.ts';
import { type CleaningReport, cleaningNotes } from './cleaning.ts';
import { loadTrace } from './load.ts';
import { deployedNames } from './names.ts';
import { type CompileOptions, type ResolvedOptions, resolveOptions, type Workload } from './options.ts';
import type { Placement } from './placement.ts';
import { type Selection, selectCalls } from './select.ts';
import type { Trace, TraceCalls, TraceFunction } from './trace.ts';
import { type TraceCall, type Work, workOf } from './work.ts';
import { chooseWorkScale, type WorkScale } from './workScale.ts';

export type { Backend, CompileOptions } from './options.ts';

/** One call to make. */
export interface ScheduledCall {
  /** From 0, in order of atMs. */
  readonly sequence: number;
  /** Milliseconds from the schedule's start, speed applied, to the microsecond. */
  readonly atMs: number;
  /** Name of a function of the schedule. */
  readonly function: string;
  /** JSON. */
  readonly event: unknown;
}

/** A function to deploy before the schedule can be replayed. */
export interface ScheduledFunction {
  readonly name: string;
  /** Folder in runtime-image/functions whose code it runs; absent if the user has deployed it. */
  readonly source?: string;
  /** Over what the folder's function.yaml says. */
  readonly manifest: Partial<FunctionManifest>;
}

/** A compiled trace: everything that a replayer sends, and where it is from. Plain JSON. */
export interface Schedule {
  readonly trace: string;
  /** sha256; see Trace. */
  readonly traceDigest: string;
  readonly workload: Workload;
  /** Null unless the work is fib. */
  readonly workScale: WorkScale | null;
  /** Work of all calls over what the cores can do in spanMs: the utilisation at no overhead. Null if work is unknown. */
  readonly rho: number | null;
  /** Null for a trace, whose moments are its own. */
  readonly placement: Placement | null;
  readonly seed: number;
  readonly speed: number;
  /** From the window's start to its end, or to the second after the last call where a limit ends it; speed applied. */
  readonly spanMs: number;
  readonly functions: readonly ScheduledFunction[];
  /** Ascending atMs; calls of one moment in trace order. */
  readonly calls: readonly ScheduledCall[];
  /** What was wrong with the trace, and what was done about it. */
  readonly cleaning: CleaningReport;
  /** What was approximated, drawn, cleaned or left out, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Turns a preset or a trace into calls with absolute times. The same options give the same schedule, to the byte,
 * provided that `fib30Ms` and `cores` are given or not used.
 * @throws FaasError bad_request for an option, trace_unreadable for a trace.
 */
export async function compileSchedule(options: CompileOptions): Promise<Schedule> {
  const resolved = resolveOptions(options);
  const trace = await loadTrace(resolved);
  const selection = selectCalls(trace, resolved);
  const isFib = resolved.workload === 'cpu' && resolved.function === undefined;
  const workScale = isFib ? chooseWorkScale(resolved) : null;
  const work = workOf(resolved, workScale);
  const { calls, functions, coreMs } = layOut(trace, selection, work, resolved);
  const spanMs = selection.spanMs / resolved.speed;
  return {
    trace: trace.name,
    traceDigest: trace.digest,
    workload: resolved.workload,
    workScale,
    rho: coreMs === null ? null : coreMs / (resolved.cores * spanMs),
    placement: 'preset' in resolved.source ? resolved.placement : null,
    seed: resolved.seed,
    speed: resolved.speed,
    spanMs,
    functions,
    calls,
    cleaning: trace.cleaning,
    notes: [...trace.notes, ...cleaningNotes(trace.cleaning), ...selection.notes, ...work.notes],
  };
}

/** A function of the trace that the schedule calls. */
interface Slot {
  readonly traced: TraceFunction;
  readonly name: string;
  longestMs: number;
}

interface LaidOut {
  readonly calls: readonly ScheduledCall[];
  readonly functions: readonly ScheduledFunction[];
  /** Null if the work of a call is not known. */
  readonly coreMs: number | null;
}

function layOut(trace: Trace, { calls }: Selection, work: Work, options: ResolvedOptions): LaidOut {
  const slots = slotsOf(trace, calls, options);
  const windowUs = Math.round(options.window.startMs * 1e3);
  const scheduled: ScheduledCall[] = [];
  let coreMs: number | null = 0;
  calls.startUs.forEach((startUs, sequence) => {
    const slot = slots.get(calls.functionIndex[sequence] ?? 0);
    if (slot === undefined) return;
    const call: TraceCall = {
      sequence,
      function: slot.traced,
      startUs,
      durationMs: calls.durationMs[sequence] ?? 0,
      ...(calls.n === null ? {} : { n: calls.n[sequence] ?? 0 }),
    };
    const done = work.of(call);
    coreMs = coreMs === null || done.coreMs === null ? null : coreMs + done.coreMs;
    slot.longestMs = Math.max(slot.longestMs, done.wallMs);
    const atMs = Math.round((startUs - windowUs) / options.speed) / 1e3;
    scheduled.push({ sequence, atMs, function: slot.name, event: done.event });
  });
  return { calls: scheduled, functions: functionsToDeploy([...slots.values()], work), coreMs };
}

/** By index of the trace's functions, those that are called. */
function slotsOf(trace: Trace, calls: TraceCalls, options: ResolvedOptions): Map<number, Slot> {
  const called = new Set(calls.functionIndex);
  const used = trace.functions.flatMap((traced, index) => (called.has(index) ? [{ index, traced }] : []));
  const names = deployedNames(used.map(({ traced }) => traced));
  return new Map(
    used.map(({ index, traced }, position) => {
      const name = options.function ?? names[position] ?? '';
      return [index, { traced, name, longestMs: 0 }];
    }),
  );
}

function functionsToDeploy(slots: readonly Slot[], work: Work): ScheduledFunction[] {
  if (work.source === undefined)
    return [...new Set(slots.map(({ name }) => name))].map((name) => ({ name, manifest: {} }));
  const source = work.source;
  return slots.map(({ name, traced, longestMs }) => {
    return { name, source, manifest: { name, ...work.manifest(traced, longestMs) } };
  });
}
