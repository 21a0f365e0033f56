import type { ResolvedConfig } from '../../config/resolve.ts';
import { parseDurationMs } from '../../lib/duration.ts';
import type { Backend, CompileOptions } from '../../traces/schedule.ts';
import { usageError } from '../usage.ts';

/** Of `faasbatch replay`, beside those of the configuration. */
export interface ReplayFlags {
  readonly function?: string;
  readonly functions?: string;
  readonly app?: string;
  readonly rtt?: string;
}

const DEFAULT_RTT_MS = 10;

/** What the command line and the configuration say of the schedule. */
export function compileOptions(
  trace: string | undefined,
  flags: ReplayFlags,
  config: ResolvedConfig,
  backend: Backend | undefined,
): CompileOptions {
  const { replay, worker, common } = config;
  return {
    trace,
    // What nobody said is the trace's to decide.
    workload: isGiven(config, 'replay.workload') ? replay.workload : undefined,
    placement: isGiven(config, 'replay.placement') ? replay.placement : undefined,
    seed: common.seed,
    speed: replay.speed,
    startMs: replay.startMs,
    durationMs: replay.durationMs,
    limit: replay.limit,
    functionCap: functionCap(flags),
    app: flags.app,
    workScale: replay.workScale,
    cores: worker.cores,
    cpuShare: replay.cpuShare,
    backend,
    function: flags.function,
  };
}

/** Does the work need a server to connect to? */
export function needsBackend(trace: string | undefined, flags: ReplayFlags, config: ResolvedConfig): boolean {
  if (flags.function !== undefined) return false;
  return isGiven(config, 'replay.workload') ? config.replay.workload === 'io' : trace === 'io';
}

/** @throws FaasError `usage` */
export function rttMs({ rtt }: ReplayFlags): number {
  const ms = rtt === undefined ? DEFAULT_RTT_MS : parseDurationMs(rtt);
  if (ms === undefined) throw usageError(`--rtt: "${rtt}" must be a duration such as 10ms`);
  return ms;
}

/** @throws FaasError `usage` */
function functionCap({ functions }: ReplayFlags): number | undefined {
  if (functions === undefined) return undefined;
  const cap = Number(functions);
  if (!Number.isInteger(cap) || cap < 1) {
    throw usageError(`--functions: "${functions}" must be a whole number of at least 1`);
  }
  return cap;
}

function isGiven(config: ResolvedConfig, path: string): boolean {
  return config.settings.some(({ field, source }) => field.path === path && source.kind !== 'default');
}
