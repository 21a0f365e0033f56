import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ERRORS, type ErrorCode } from '../protocol/errors.ts';
import type { Outcome, OutcomeStatus } from '../protocol/invocation.ts';
import { latenciesOf } from '../protocol/latency.ts';
import { StageDurations } from './stageDurations.ts';

/** What is asked of the worker when somebody asks for the metrics; nothing is counted twice. */
export interface MetricsSources {
  /** For example `{ starting: 1, warm: 3, busy: 2 }`. */
  containersByState(): Readonly<Record<string, number>>;
  /** Invocations that wait to be dispatched. */
  queueLength(): number;
  /** Accepted and not ended: waiting, or dispatched. */
  invocationsInFlight(): number;
  startsInFlight(): number;
}

/** Functions with a counter of their own; the others are counted together, so that labels stay bounded. */
const MAX_FUNCTIONS = 200;
const OTHER_FUNCTIONS = '_other';

type StatusCounts = Record<OutcomeStatus, number>;

/** One worker's metrics, in a registry of their own: several workers of one process do not meet. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #durations = new StageDurations();
  readonly #batchSizes: Histogram;
  #ok = 0;
  /** By status and code, what did not end `ok`. */
  readonly #ended = new Map<string, { readonly status: OutcomeStatus; readonly code: string; count: number }>();
  readonly #byFunction = new Map<string, StatusCounts>();
  readonly #rejected = new Map<ErrorCode, number>();

  constructor(sources: MetricsSources) {
    this.#registry.registerMetric(this.#durations.asMetric());
    this.#batchSizes = new Histogram({
      name: 'faasbatch_batch_size',
      help: 'Invocations dispatched together',
      buckets: [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000],
      registers: [this.#registry],
    });
    this.#registerCounters();
    this.#registerGauges(sources);
  }

  /** Called once for every accepted invocation, by whoever accepted it. Costs less than a microsecond. */
  observe(outcome: Outcome): void {
    this.#durations.observe(latenciesOf(outcome));
    this.#countsOf(outcome.functionKey)[outcome.status] += 1;
    if (outcome.status === 'ok') {
      this.#ok += 1;
      return;
    }
    // What a container says is not to be trusted to be one of the table's codes.
    const code = outcome.code !== undefined && Object.hasOwn(ERRORS, outcome.code) ? outcome.code : '';
    const key = `${outcome.status} ${code}`;
    const known = this.#ended.get(key);
    if (known === undefined) this.#ended.set(key, { status: outcome.status, code, count: 1 });
    else known.count += 1;
  }

  /** What was not accepted. */
  observeRejection(code: ErrorCode): void {
    this.#rejected.set(code, (this.#rejected.get(code) ?? 0) + 1);
  }

  /** Called by the dispatcher, once for every batch. */
  observeBatch(size: number): void {
    this.#batchSizes.observe(size);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text that Prometheus reads. */
  exposition(): Promise<string> {
    return this.#registry.metrics();
  }

  #countsOf(functionKey: string): StatusCounts {
    const name = functionKey.slice(0, functionKey.lastIndexOf('@'));
    const known = this.#byFunction.get(name);
    if (known !== undefined) return known;
    if (this.#byFunction.size >= MAX_FUNCTIONS && name !== OTHER_FUNCTIONS)
      return this.#countsOf(`${OTHER_FUNCTIONS}@`);
    const counts: StatusCounts = { ok: 0, error: 0, timeout: 0, failed: 0 };
    this.#byFunction.set(name, counts);
    return counts;
  }

  #registerCounters(): void {
    this.#counter(
      'faasbatch_invocations_total',
      'Accepted invocations that have ended',
      ['status', 'code'],
      (counter) => {
        counter.inc({ status: 'ok', code: '' }, this.#ok);
        for (const { status, code, count } of this.#ended.values()) counter.inc({ status, code }, count);
      },
    );
    this.#counter(
      'faasbatch_function_invocations_total',
      `The same, by function (the first ${MAX_FUNCTIONS})`,
      ['function', 'status'],
      (counter) => {
        for (const [name, counts] of this.#byFunction) {
          for (const [status, count] of Object.entries(counts)) counter.inc({ function: name, status }, count);
        }
      },
    );
    this.#counter('faasbatch_rejected_total', 'Invocations that were not accepted, by reason', ['code'], (counter) => {
      for (const [code, count] of this.#rejected) counter.inc({ code }, count);
    });
    this.#counter('process_cpu_seconds_total', 'CPU time of the process', [], (counter) => {
      const { user, system } = process.cpuUsage();
      counter.inc((user + system) / 1e6);
    });
  }

  /** Counted in plain numbers where it happens; put into prom-client's form when someone asks. */
  #counter(name: string, help: string, labelNames: string[], collect: (counter: Counter) => void): void {
    new Counter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  }

  #registerGauges(sources: MetricsSources): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'faasbatch_containers',
      help: 'Containers, by state',
      labelNames: ['state'],
      registers,
      collect() {
        this.reset();
        for (const [state, count] of Object.entries(sources.containersByState())) this.set({ state }, count);
      },
    });
    const gauges: [name: string, help: string, read: () => number][] = [
      ['faasbatch_queue_length', 'Invocations that wait to be dispatched', () => sources.queueLength()],
      ['faasbatch_invocations_in_flight', 'Invocations accepted and not ended', () => sources.invocationsInFlight()],
      ['faasbatch_container_starts_in_flight', 'Containers being started', () => sources.startsInFlight()],
      ['process_resident_memory_bytes', 'Resident memory of the process', () => process.memoryUsage.rss()],
    ];
    for (const [name, help, read] of gauges) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    }
  }
}
