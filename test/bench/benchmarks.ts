import type { Benchmark } from './benchmark.ts';
import { coldStart } from './coldStart.ts';
import { idleLatency } from './idleLatency.ts';
import { throughput } from './throughput.ts';

/** One for each question, in the order in which `all` runs them. */
export const BENCHMARKS: readonly Benchmark[] = [throughput, idleLatency, coldStart];
