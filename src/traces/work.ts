import { seededRandom } from '../lib/random.ts';
import { FaasError } from '../protocol/errors.ts';
import type { FunctionManifest } from '../protocol/manifest.ts';
import { fibMs } from './fibCost.ts';
import type { Backend, ResolvedOptions } from './options.ts';
import { N_HISTOGRAM } from './paper.ts';
import type { TraceFunction } from './trace.ts';
import type { WorkScale } from './workScale.ts';

/** One call as the trace has it. */
export interface TraceCall {
  readonly sequence: number;
  readonly function: TraceFunction;
  readonly startUs: number;
  readonly durationMs: number;
  /** Absent where the trace carries none. */
  readonly n?: number;
}

/** What a call is sent, the time that it keeps a core busy (null: not known), and the time it takes at least. */
interface CallWork {
  readonly event: unknown;
  readonly coreMs: number | null;
  readonly wallMs: number;
}

/** What becomes of a trace's calls. */
export interface Work {
  /** Folder of the function in runtime-image/functions; absent for a function that is deployed already. */
  readonly source?: string;
  readonly of: (call: TraceCall) => CallWork;
  /** What to override in the source's manifest, given the longest wall time among its calls. */
  readonly manifest: (traced: TraceFunction, longestMs: number) => Partial<FunctionManifest>;
  readonly notes: readonly string[];
}

export function workOf(options: ResolvedOptions, scale: WorkScale | null): Work {
  if (options.function !== undefined) return ownFunction(options);
  if (scale !== null) return fibWork(options, scale);
  return options.workload === 'io' ? clientWork(options) : spinWork(options);
}

function fibWork({ seed, speed, workScale }: ResolvedOptions, scale: WorkScale): Work {
  const shift = scale.shift < 0 ? `${scale.shift}` : `+${scale.shift}`;
  const notes = [
    `each call runs fib(N${scale.shift === 0 ? '' : shift}), N as in the trace, or drawn from the paper's histogram where it has none`,
  ];
  if (speed !== 1 && workScale === 'literal') notes.push('literal N are not divided by the speed');
  return {
    source: 'fib',
    of: (call) => {
      const n = Math.max(0, (call.n ?? drawnN(call, seed)) + scale.shift);
      const ms = fibMs(n, scale.fib30Ms);
      return { event: { n }, coreMs: ms, wallMs: ms };
    },
    // Batched into one container, a long call may share two cores with a hundred others.
    manifest: (_, longestMs) => ({ kind: 'cpu', idempotent: true, timeoutMs: timeoutFor(200 * longestMs) }),
    notes,
  };
}

function clientWork({ backend, speed }: ResolvedOptions): Work {
  const event: Backend = backend ?? missingBackend();
  const notes = speed === 1 ? [] : ['making a client takes as long at any speed: its round-trip time is not divided'];
  return {
    source: 'client-create',
    of: () => ({ event, coreMs: null, wallMs: 2 * event.rttMs }),
    manifest: (_, longestMs) => ({ kind: 'io', idempotent: true, timeoutMs: timeoutFor(200 * longestMs) }),
    notes,
  };
}

function missingBackend(): never {
  throw new FaasError('internal', 'options were not resolved: work io without a backend');
}

function spinWork({ cpuShare, speed, memory }: ResolvedOptions): Work {
  const notes = [`of each duration, the part ${cpuShare} is spun and the rest slept`];
  return {
    source: 'spin',
    of: (call) => {
      const wallMs = call.durationMs / speed;
      const cpuMs = toMicroseconds(wallMs * cpuShare);
      const held = memory && call.function.memoryMb !== undefined ? { memoryMb: heldMb(call.function.memoryMb) } : {};
      return { event: { cpuMs, sleepMs: toMicroseconds(wallMs - cpuMs), ...held }, coreMs: cpuMs, wallMs };
    },
    manifest: (traced, longestMs) => ({
      kind: 'cpu',
      idempotent: true,
      timeoutMs: timeoutFor(20 * longestMs),
      ...(memory && traced.memoryMb !== undefined ? { memoryMb: heldMb(traced.memoryMb) + RUNTIME_MB } : {}),
    }),
    notes,
  };
}

function ownFunction({ speed }: ResolvedOptions): Work {
  return {
    of: ({ sequence, function: traced, durationMs, n }) => {
      const wallMs = toMicroseconds(durationMs / speed);
      const { owner, app, func, trigger } = traced;
      const ids = {
        ...(owner === undefined ? {} : { owner }),
        app,
        func,
        ...(trigger === undefined ? {} : { trigger }),
      };
      const event = { durationMs: wallMs, ...(n === undefined ? {} : { n }), trace: { ...ids, sequence } };
      return { event, coreMs: null, wallMs };
    },
    manifest: () => ({}),
    notes: ['every call goes to one function; the event carries the duration and the ids of the trace'],
  };
}

/** N for a trace that has none, as the original drew it for its own; each call's draw is its own. */
function drawnN({ function: { id }, startUs }: TraceCall, seed: number): number {
  const random = seededRandom(seed, id, 'n', startUs);
  const total = N_HISTOGRAM.reduce((sum, { percent }) => sum + percent, 0);
  let left = random() * total;
  for (const { from, to, percent } of N_HISTOGRAM) {
    if (left < percent) return from + Math.floor(random() * (to - from + 1));
    left -= percent;
  }
  return N_HISTOGRAM.at(-1)?.to ?? 0;
}

/** What the runtime itself takes beside what a function holds. */
const RUNTIME_MB = 128;

function heldMb(memoryMb: number): number {
  return Math.max(1, Math.round(memoryMb));
}

/** A time-out is there for calls that hang: one that is merely slow on a crowded machine must not meet it. */
function timeoutFor(slowMs: number): number {
  return Math.max(60_000, Math.ceil(slowMs));
}

function toMicroseconds(ms: number): number {
  return Math.round(ms * 1e3) / 1e3;
}
