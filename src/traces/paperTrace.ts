import { createHash } from 'node:crypto';
import { seededRandom, shuffle } from '../lib/random.ts';
import {
  BOTO3_CLIENT_MS,
  CPYTHON_FIB_MS,
  LOWEST_N,
  PAPER_SEED,
  PAPER_SPAN_S,
  type PresetName,
  PUBLISHED,
  TC_SECONDS,
} from './paper.ts';
import { type Arrival, paperSequence } from './paperSequence.ts';
import { type Placement, placeInSecond } from './placement.ts';
import { functionId, inStartOrder, type Trace, type TraceFunction } from './trace.ts';

const APP = 'app117';

interface PresetCall {
  readonly startUs: number;
  readonly durationUs: number;
  readonly func: string;
  readonly n: number;
}

/** The file name of a preset in traces/, without `.csv`. */
export function presetTitle(preset: PresetName): string {
  return `faasbatch-${preset}-${presetCalls(preset)}`;
}

function presetCalls(preset: PresetName): number {
  return Object.values(PUBLISHED[preset].mix).reduce((sum, calls) => sum + calls, 0);
}

/**
 * The paper's workload as a trace. Placement and seed decide where in its second each arrival falls, and nothing
 * else: order, functions and N are always the same.
 */
export function paperTrace(preset: PresetName, placement: Placement, seed: number): Trace {
  const placed = placePreset(preset, placement, seed);
  const names = [...new Set(placed.map(({ func }) => func))].sort();
  const functions = names.map((func): TraceFunction => {
    const key = `${APP}/${func}`;
    return { key, id: functionId(key), app: APP, func };
  });
  const calls = inStartOrder({
    startUs: Float64Array.from(placed, ({ startUs }) => startUs),
    durationMs: Float64Array.from(placed, ({ durationUs }) => durationUs / 1e3),
    functionIndex: Uint32Array.from(placed, ({ func }) => names.indexOf(func)),
    n: Uint8Array.from(placed, ({ n }) => n),
  });
  const seconds = { cpu: PAPER_SPAN_S, io: 21, tc: TC_SECONDS }[preset];
  const digest = createHash('sha256').update(csvOf(placed)).digest('hex');
  return {
    name: presetTitle(preset),
    digest,
    functions,
    calls,
    endMs: seconds * 1e3,
    cleaning: [],
    notes: presetNotes(preset, placement, seed),
  };
}

/** The preset as a file of the 2021 schema with a fifth column, n: seconds with six decimals. */
export function paperCsv(preset: PresetName, placement: Placement, seed: number): string {
  return csvOf(placePreset(preset, placement, seed));
}

function csvOf(placed: readonly PresetCall[]): string {
  const rows = placed.map(({ startUs, durationUs, func, n }) => {
    return `${APP},${func},${((startUs + durationUs) / 1e6).toFixed(6)},${(durationUs / 1e6).toFixed(6)},${n}\n`;
  });
  return `app,func,end_timestamp,duration,n\n${rows.join('')}`;
}

function placePreset(preset: PresetName, placement: Placement, seed: number): PresetCall[] {
  const functionsInOrder = placeArrivals(paperSequence(preset === 'tc' ? 'tc' : 'cpu'), placement, seed);
  const n = drawnOrderOfN(preset);
  return functionsInOrder.slice(0, n.length).map(({ startUs, func }, index) => {
    const size = n[index] ?? LOWEST_N;
    const durationMs = preset === 'io' ? BOTO3_CLIENT_MS : (CPYTHON_FIB_MS[size - LOWEST_N] ?? 0);
    return { startUs, durationUs: Math.round(durationMs * 1e3), func, n: size };
  });
}

/** Gives each arrival its moment; a second's arrivals keep their order, and a pair shares its moment. */
function placeArrivals(
  arrivals: readonly Arrival[],
  placement: Placement,
  seed: number,
): { readonly startUs: number; readonly func: string }[] {
  const perSecond = new Map<number, Arrival[]>();
  for (const arrival of arrivals) {
    const same = perSecond.get(arrival.second);
    if (same === undefined) perSecond.set(arrival.second, [arrival]);
    else same.push(arrival);
  }
  return [...perSecond].flatMap(([second, inSecond]) => {
    const moments = placeInSecond(inSecond.length, placement, seed, second);
    return inSecond.flatMap(({ functions }, index) =>
      functions.map((func) => ({ startUs: second * 1e6 + (moments[index] ?? 0), func })),
    );
  });
}

function drawnOrderOfN(preset: PresetName): number[] {
  const all = PUBLISHED[preset].callsOfN.flatMap((calls, index) => Array<number>(calls).fill(LOWEST_N + index));
  return shuffle(all, seededRandom(PAPER_SEED, 'n', preset));
}

function presetNotes(preset: PresetName, placement: Placement, seed: number): string[] {
  const notes = [
    "the arrivals of each second, the calls of each function and how many calls have which N are those of the paper's workload; which call has which N, which arrivals are pairs, and their order are drawn (seed 5432)",
    `the moment within the second is not known: placed ${placement}, seed ${seed}`,
  ];
  if (preset === 'tc') {
    notes.push(
      'seconds 45 to 196 are approximated: only bursts of about 59, 46 and 39 calls (at 123, 166 and 192 s) and the total are known',
    );
  }
  return notes;
}
