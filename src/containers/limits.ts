import type { FunctionManifest } from '../protocol/manifest.ts';

export interface PoolLimits {
  readonly cores: number;
  readonly maxContainers: number;
  readonly maxContainersPerFunction: number;
  /** Of all containers' memoryMb together. */
  readonly memoryBudgetBytes: number;
  readonly maxStartsInFlight: number;
  readonly maxBatchSize: number;
}

/** Threads that a container of the function gets: one per core of its allowance. */
export function threadsOf(manifest: FunctionManifest, cores: number): number {
  return Math.max(1, Math.ceil(manifest.cpus ?? cores));
}

/** Invocations that one container of the function runs at once: 64 for I/O, one per core it may use for CPU work. */
export function concurrencyOf(manifest: FunctionManifest, cores: number): number {
  return manifest.concurrency ?? (manifest.kind === 'io' ? 64 : threadsOf(manifest, cores));
}
