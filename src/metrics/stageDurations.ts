import type { Metric, MetricValueWithName } from 'prom-client';
import { type Latencies, STAGES, type Stage } from '../protocol/latency.ts';

const BOUNDS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000];
/** The last one counts what is above every bound. */
const BUCKETS = BOUNDS_MS.length + 1;

/** How Prometheus spells the stages. */
const LABELS: Readonly<Record<Stage, string>> = {
  scheduling: 'scheduling',
  coldStart: 'cold_start',
  queueing: 'queueing',
  execution: 'execution',
  batchCompletion: 'batch_completion',
  total: 'total',
};

/**
 * A histogram per stage. prom-client's own costs 1.5 µs for the six values of an invocation (it hashes labels at each),
 * a twentieth of what the whole call may cost; these are sums in typed arrays, put into its form when someone asks.
 */
export class StageDurations {
  readonly name = 'faasbatch_invocation_duration_seconds';
  readonly help = 'Time that accepted invocations spent, by stage';
  readonly #counts = new Float64Array(STAGES.length * BUCKETS);
  readonly #sumsMs = new Float64Array(STAGES.length);

  observe(latencies: Latencies): void {
    for (let stage = 0; stage < STAGES.length; stage += 1) {
      const ms = latencies[STAGES[stage] as Stage];
      if (ms !== undefined) this.#add(stage, ms);
    }
  }

  /** As prom-client's registry asks it of a metric. */
  async get() {
    const values = STAGES.flatMap((stage, index) => this.#valuesOf(LABELS[stage], index));
    return { name: this.name, help: this.help, type: 'histogram', aggregator: 'sum', values };
  }

  /** The registry needs of a metric no more than its name and `get`; its type asks for one of prom-client's classes. */
  asMetric(): Metric<string> {
    return this as unknown as Metric<string>;
  }

  #add(stage: number, ms: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > (BOUNDS_MS[bucket] as number)) bucket += 1;
    const cell = stage * BUCKETS + bucket;
    this.#counts[cell] = (this.#counts[cell] as number) + 1;
    this.#sumsMs[stage] = (this.#sumsMs[stage] as number) + ms;
  }

  #valuesOf(stage: string, index: number): MetricValueWithName<string>[] {
    const counts = this.#counts.subarray(index * BUCKETS, (index + 1) * BUCKETS);
    const values: MetricValueWithName<string>[] = [];
    let count = 0;
    for (const [bucket, inBucket] of counts.entries()) {
      count += inBucket;
      const boundMs = BOUNDS_MS[bucket];
      const le = boundMs === undefined ? '+Inf' : String(boundMs / 1_000);
      values.push({ metricName: `${this.name}_bucket`, labels: { stage, le }, value: count });
    }
    const sum = (this.#sumsMs[index] ?? 0) / 1_000;
    values.push({ metricName: `${this.name}_sum`, labels: { stage }, value: sum });
    values.push({ metricName: `${this.name}_count`, labels: { stage }, value: count });
    return values;
  }
}
