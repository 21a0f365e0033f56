import { availableParallelism } from 'node:os';
import { FaasError } from '../protocol/errors.ts';
import { PAPER_SEED, type PresetName, PUBLISHED } from './paper.ts';
import { PLACEMENTS, type Placement } from './placement.ts';

/** What a call does: `cpu` runs fib, `io` makes a client, `trace` spins and sleeps for the trace's duration. */
export type Workload = 'cpu' | 'io' | 'trace';

/** Where `client-create` connects to; known only when a replay has started its server. */
export interface Backend {
  readonly host: string;
  readonly port: number;
  readonly rttMs: number;
}

export interface CompileOptions {
  /** A preset (`cpu`, `io`, `tc`), or the path of a file of the 2021 schema or a folder of the 2019 one. Default: by workload. */
  readonly trace?: string | undefined;
  /** Default: `io` for the preset io, `cpu` for the others, `trace` for a path. `tc`: the preset tc with work cpu. */
  readonly workload?: Workload | 'tc' | undefined;
  /** Default 5432. */
  readonly seed?: number | undefined;
  /** Presets only; a trace from a path has moments of its own. Default `uniform`. */
  readonly placement?: Placement | undefined;
  /** Default 1. Divides times between calls, and durations. */
  readonly speed?: number | undefined;
  /** In milliseconds of trace time, from its beginning. Default 0. */
  readonly startMs?: number | undefined;
  /** In milliseconds of trace time. Default: to the end. */
  readonly durationMs?: number | undefined;
  /** The first so many calls of the window. */
  readonly limit?: number | undefined;
  /** Only so many functions, those with the most calls in the window. */
  readonly functionCap?: number | undefined;
  /** Only this app: `#117` is the number in order of first appearance, from 0 (2021), else the beginning of its hash. */
  readonly app?: string | undefined;
  /** For work `cpu`. Default `calibrated`. */
  readonly workScale?: 'literal' | 'calibrated' | undefined;
  /** What fib(30) takes on one core of this machine. Default: measured, in about 100 ms. */
  readonly fib30Ms?: number | undefined;
  /** Cores that work is scaled to and rho refers to. Default: those of this machine. */
  readonly cores?: number | undefined;
  /** For work `trace`: the part of a duration that is spun, the rest is slept. 0 to 1, default 0.2. */
  readonly cpuShare?: number | undefined;
  /** For work `trace`: touch the memory that the data set of 2019 gives for the function. Default false. */
  readonly memory?: boolean | undefined;
  /** For work `io`. */
  readonly backend?: Backend | undefined;
  /** Call this deployed function instead of those that do the work; its event carries the trace's facts. */
  readonly function?: string | undefined;
}

/** Options with their defaults, checked. */
export interface ResolvedOptions {
  readonly source: { readonly preset: PresetName } | { readonly path: string };
  readonly workload: Workload;
  readonly seed: number;
  readonly placement: Placement;
  readonly speed: number;
  readonly window: { readonly startMs: number; readonly durationMs: number };
  readonly limit: number;
  readonly functionCap: number;
  readonly app: string | undefined;
  readonly workScale: 'literal' | 'calibrated';
  readonly fib30Ms: number | undefined;
  readonly cores: number;
  readonly cpuShare: number;
  readonly memory: boolean;
  readonly backend: Backend | undefined;
  readonly function: string | undefined;
}

/** @throws FaasError bad_request naming the option, its value and the rule. */
export function resolveOptions(options: CompileOptions): ResolvedOptions {
  const { source, workload } = chooseTrace(options.trace, options.workload);
  const isPreset = 'preset' in source;
  if (!isPreset && options.placement !== undefined) {
    refuse(
      'placement',
      options.placement,
      'it only goes with the presets cpu, io and tc; a trace has moments of its own',
    );
  }
  if (isPreset && options.app !== undefined) refuse('app', options.app, 'the presets hold one app only');
  if (workload === 'io' && options.backend === undefined && options.function === undefined) {
    refuse('backend', undefined, 'the io workload needs a server to connect to: {host, port, rttMs}');
  }
  return {
    source,
    workload,
    seed: check('seed', options.seed ?? PAPER_SEED, Number.isSafeInteger, 'a whole number'),
    placement: oneOf('placement', options.placement ?? 'uniform', PLACEMENTS),
    speed: check('speed', options.speed ?? 1, isPositive, 'a number above 0'),
    window: {
      startMs: check('start', options.startMs ?? 0, (ms) => ms >= 0 && Number.isFinite(ms), 'at least 0 ms'),
      durationMs: check('duration', options.durationMs ?? Number.POSITIVE_INFINITY, (ms) => ms > 0, 'above 0 ms'),
    },
    limit: check('limit', options.limit ?? Number.POSITIVE_INFINITY, isCount, 'a whole number of at least 1'),
    functionCap: check(
      'functions',
      options.functionCap ?? Number.POSITIVE_INFINITY,
      isCount,
      'a whole number of at least 1',
    ),
    app: options.app,
    workScale: oneOf('work-scale', options.workScale ?? 'calibrated', ['literal', 'calibrated']),
    fib30Ms:
      options.fib30Ms === undefined ? undefined : check('fib30Ms', options.fib30Ms, isPositive, 'a number above 0'),
    cores: check('cores', options.cores ?? availableParallelism(), isPositive, 'a number above 0'),
    cpuShare: check('cpu-share', options.cpuShare ?? 0.2, (share) => share >= 0 && share <= 1, 'from 0 to 1'),
    memory: options.memory ?? false,
    backend: options.backend,
    function: options.function,
  };
}

function chooseTrace(
  trace: string | undefined,
  workload: Workload | 'tc' | undefined,
): Pick<ResolvedOptions, 'source' | 'workload'> {
  if (workload !== undefined) oneOf('workload', workload, ['cpu', 'io', 'trace', 'tc']);
  const name = trace ?? (workload === 'trace' ? undefined : (workload ?? 'cpu'));
  if (name === undefined || name === '') {
    throw new FaasError(
      'bad_request',
      'trace is missing: the workload "trace" needs a preset (cpu, io, tc), or the path of a trace',
    );
  }
  if (workload === 'tc' && name !== 'tc')
    refuse('workload', workload, `it is a preset, and goes with no other trace (${name})`);
  const work = workload === 'tc' ? 'cpu' : workload;
  if (Object.hasOwn(PUBLISHED, name)) {
    return { source: { preset: name as PresetName }, workload: work ?? (name === 'io' ? 'io' : 'cpu') };
  }
  return { source: { path: name }, workload: work ?? 'trace' };
}

function isPositive(value: number): boolean {
  return value > 0 && Number.isFinite(value);
}

/** Infinity stands for "no limit". */
function isCount(value: number): boolean {
  return value >= 1 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY);
}

function check(option: string, value: number, fits: (value: number) => boolean, rule: string): number {
  return fits(value) ? value : refuse(option, value, `it must be ${rule}`);
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  return known.find((one) => one === value) ?? refuse(option, value, `it must be one of ${known.join(', ')}`);
}

function refuse(option: string, value: unknown, rule: string): never {
  throw new FaasError('bad_request', `${option} is ${JSON.stringify(value) ?? 'missing'}: ${rule}`, { option, value });
}
