import type { WorkerConfig } from '../config/worker.ts';
import { describeStrategy } from '../scheduling/strategies/index.ts';

/** How a worker of this configuration runs what it gets: what `auto` leaves open is as the strategy's row says. */
export interface WorkerSettings {
  readonly strategy: string;
  /** Null for a strategy that dispatches at once. */
  readonly dispatchIntervalMs: number | null;
  readonly engine: 'process';
  readonly parallelism: 'serial' | 'parallel';
  readonly multiplexing: 'on' | 'off';
  readonly cpuScheduling: 'os';
  readonly queueTimeoutMs: number;
}

/** @throws FaasError `bad_request` for a strategy that is not there */
export function workerSettings(config: WorkerConfig): WorkerSettings {
  const { strategy, dispatchIntervalMs, parallelism, multiplexing, cpuScheduling, queueTimeoutMs } = config;
  const description = describeStrategy(strategy);
  return {
    strategy,
    dispatchIntervalMs: description.usesDispatchInterval ? dispatchIntervalMs : null,
    engine: 'process',
    parallelism: parallelism === 'auto' ? description.parallelism : parallelism,
    multiplexing: multiplexing === 'auto' ? description.multiplexing : multiplexing,
    cpuScheduling,
    queueTimeoutMs,
  };
}
