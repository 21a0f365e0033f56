import { FaasError } from '../protocol/errors.ts';
import type { ResolvedOptions } from './options.ts';
import { type Trace, type TraceCalls, takeCalls, windowUs } from './trace.ts';

/** The calls that a schedule will hold, and where in trace time they end. */
export interface Selection {
  readonly calls: TraceCalls;
  /** Trace time from the window's start to where the selected part of the trace ends: what rho refers to. */
  readonly spanMs: number;
  readonly notes: readonly string[];
}

/**
 * Takes of a trace what was asked for: the window, then the app, then the functions with the most calls, then the
 * first calls. What that leaves out is counted in the notes.
 * @throws FaasError bad_request if nothing is left.
 */
export function selectCalls(trace: Trace, options: ResolvedOptions): Selection {
  const notes: string[] = [];
  const inWindow = cutWindow(trace, options);
  const ofApp = keepApp(trace, inWindow, options.app, notes);
  const capped = keepBusiest(trace, ofApp, options.functionCap, notes);
  const calls = takeFirst(capped, options.limit, notes);
  const lastUs = calls.startUs.at(-1) ?? 0;
  const cut = calls.startUs.length < capped.startUs.length;
  const { startMs, durationMs } = options.window;
  const endMs = cut ? Math.floor(lastUs / 1e6 + 1) * 1e3 : Math.min(trace.endMs, startMs + durationMs);
  return { calls, spanMs: endMs - startMs, notes };
}

function cutWindow(trace: Trace, { window }: ResolvedOptions): TraceCalls {
  const { fromUs, toUs } = windowUs(window);
  const { startUs } = trace.calls;
  const kept = positions(startUs.length, (at) => (startUs[at] ?? 0) >= fromUs && (startUs[at] ?? 0) < toUs);
  if (kept.length === 0) {
    const to = Number.isFinite(window.durationMs) ? `${(window.startMs + window.durationMs) / 1e3} s` : 'its end';
    throw new FaasError(
      'bad_request',
      `no call of ${trace.name} starts from ${window.startMs / 1e3} s to ${to}: the trace is ${trace.endMs / 1e3} s long`,
      { startMs: window.startMs, durationMs: window.durationMs },
    );
  }
  return kept.length === startUs.length ? trace.calls : takeCalls(trace.calls, kept);
}

function keepApp(trace: Trace, calls: TraceCalls, app: string | undefined, notes: string[]): TraceCalls {
  if (app === undefined) return calls;
  const belongs = trace.functions.map(({ app: hash, appNumber }) =>
    app.startsWith('#') ? `#${appNumber}` === app : hash.startsWith(app),
  );
  const apps = new Set(trace.functions.filter((_, index) => belongs[index]).map(({ app: hash }) => hash));
  if (apps.size > 1) throw new FaasError('bad_request', `app is "${app}": ${apps.size} apps of ${trace.name} begin so`);
  const kept = positions(calls.startUs.length, (at) => belongs[calls.functionIndex[at] ?? 0] === true);
  if (kept.length === 0)
    throw new FaasError('bad_request', `app is "${app}": none such calls in this part of ${trace.name}`);
  notes.push(`only app ${app}: ${calls.startUs.length - kept.length} calls of other apps were left out`);
  return takeCalls(calls, kept);
}

function keepBusiest(trace: Trace, calls: TraceCalls, cap: number, notes: string[]): TraceCalls {
  const callsOf = new Map<number, number>();
  for (const index of calls.functionIndex) callsOf.set(index, (callsOf.get(index) ?? 0) + 1);
  if (callsOf.size <= cap) return calls;
  const keyOf = (index: number): string => trace.functions[index]?.key ?? '';
  const busiest = [...callsOf].sort(([a, callsA], [b, callsB]) => callsB - callsA || (keyOf(a) < keyOf(b) ? -1 : 1));
  const chosen = new Set(busiest.slice(0, cap).map(([index]) => index));
  const kept = positions(calls.startUs.length, (at) => chosen.has(calls.functionIndex[at] ?? 0));
  notes.push(
    `the ${cap} functions with the most calls of ${callsOf.size}: ${calls.startUs.length - kept.length} calls of the others were left out`,
  );
  return takeCalls(calls, kept);
}

function takeFirst(calls: TraceCalls, limit: number, notes: string[]): TraceCalls {
  const { length } = calls.startUs;
  if (length <= limit) return calls;
  notes.push(`the first ${limit} calls; what starts later in the window was left out`);
  return takeCalls(
    calls,
    positions(length, (at) => at < limit),
  );
}

function positions(length: number, keep: (at: number) => boolean): Uint32Array {
  const kept = new Uint32Array(length);
  let count = 0;
  for (let at = 0; at < length; at += 1) {
    if (!keep(at)) continue;
    kept[count] = at;
    count += 1;
  }
  return kept.subarray(0, count);
}
