/** How the original's work became this machine's; absent parts are the trace's own. */
export type WorkScale = Readonly<Record<string, unknown>>;

/**
 * The settings that runs are compared by. They stand in the run's document and again in each of its invocations, so
 * that one invocation can be queried alone. What a run has not (`faasbatch up` replays no trace) is null.
 */
export interface RunSettings {
  readonly trace: string | null;
  /** sha256 of what was replayed. */
  readonly traceDigest: string | null;
  readonly workload: string | null;
  readonly workScale: WorkScale | null;
  /** Offered work over the machine's capacity, 0 to 1 and above. */
  readonly rho: number | null;
  readonly placement: string | null;
  readonly seed: number | null;
  /** Factor by which arrivals, durations and timeouts were shortened. */
  readonly speed: number | null;
  readonly strategy: string;
  readonly dispatchIntervalMs: number | null;
  readonly engine: string;
  readonly parallelism: string;
  readonly multiplexing: string;
  readonly cpuScheduling: string;
}

export const RUN_SETTING_NAMES = [
  'trace',
  'traceDigest',
  'workload',
  'workScale',
  'rho',
  'placement',
  'seed',
  'speed',
  'strategy',
  'dispatchIntervalMs',
  'engine',
  'parallelism',
  'multiplexing',
  'cpuScheduling',
] as const satisfies readonly (keyof RunSettings)[];

/** The settings out of anything that has them, in the order above. */
export function pickSettings(from: RunSettings): RunSettings {
  return Object.fromEntries(RUN_SETTING_NAMES.map((name) => [name, from[name] ?? null])) as unknown as RunSettings;
}
