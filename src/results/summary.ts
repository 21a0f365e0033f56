import { type LatencySummary, summarise } from '../lib/quantiles.ts';
import type { WorkerAccounts } from '../protocol/accounts.ts';
import type { ClientStatus } from '../protocol/record.ts';
import type { InvocationDocument } from './invocationDocument.ts';
import { LATENCY_NAMES } from './latencies.ts';
import type { RunManifest } from './runFolder.ts';
import { pickSettings, type RunSettings } from './runSettings.ts';

/** Disjoint; all but `scheduled` add up to `scheduled`. */
export interface InvocationCounts {
  readonly scheduled: number;
  readonly dropped: number;
  readonly rejected: number;
  /** At the first attempt. */
  readonly ok: number;
  readonly okAfterRetry: number;
  readonly error: number;
  readonly timeout: number;
  readonly failed: number;
  readonly lost: number;
}

/** What `replay --json` prints of a run, what `summary.json` and the stored `run:<runId>` document hold. */
export interface RunSummary extends Omit<RunSettings, 'speed'> {
  readonly runId: string;
  readonly invocations: InvocationCounts;
  readonly latencyMs: {
    readonly endToEnd: LatencySummary;
    readonly endToEndFromSent: LatencySummary;
    readonly scheduling: LatencySummary;
    readonly coldStart: LatencySummary;
    /** Over the invocations that waited for a container to start (`cold`, `rode`). */
    readonly coldStartOfCold: LatencySummary;
    readonly queueing: LatencySummary;
    readonly execution: LatencySummary;
    readonly batchCompletion: LatencySummary;
  };
  // from the worker's accounts; null where it left none
  readonly batches: {
    readonly count: number | null;
    readonly meanSize: number | null;
    readonly maxSize: number | null;
  };
  readonly containers: {
    readonly started: number | null;
    readonly peak: number | null;
    readonly containerSeconds: number | null;
    readonly memoryByteSeconds: number | null;
  };
  /** Null: not measured. `steal` is time that the hypervisor gave to others. */
  readonly cpuSeconds: {
    readonly replayer: number | null;
    readonly platform: number | null;
    readonly engine: number | null;
    readonly containers: number | null;
    readonly steal: number | null;
  };
  readonly multiplexer: { readonly created: number | null; readonly reused: number | null };
  /** How late calls left, sentAt − scheduledAt. */
  readonly replay: { readonly lagMs: Pick<LatencySummary, 'p50' | 'p99' | 'max'> };
  readonly store: StoreReport | null;
}

/** Where a run's invocations are stored, and how many of them. The URL carries no credentials. */
export interface StoreReport {
  readonly url: string;
  readonly database: string;
  readonly documents: number;
}

/** What only the processes around a run know of it. */
export interface RunMeasurements {
  readonly accounts?: WorkerAccounts | undefined;
  readonly replayerCpuSeconds?: number | undefined;
  readonly stealCpuSeconds?: number | undefined;
  readonly store?: StoreReport | undefined;
}

/** Adds up the documents of a run. Percentiles are exact: every latency is kept until the end. */
export class SummaryBuilder {
  readonly #manifest: RunManifest;
  readonly #ends = new Map<ClientStatus | 'okAfterRetry', number>();
  readonly #latencies = new Map(LATENCY_NAMES.map((name) => [name, [] as number[]]));
  readonly #coldStarts: number[] = [];
  readonly #lags: number[] = [];
  #documents = 0;

  constructor(manifest: RunManifest) {
    this.#manifest = manifest;
  }

  add(document: InvocationDocument): void {
    this.#documents += 1;
    const end = document.status === 'ok' && document.attempt > 1 ? 'okAfterRetry' : document.status;
    this.#ends.set(end, (this.#ends.get(end) ?? 0) + 1);
    for (const name of LATENCY_NAMES) {
      const ms = document.latencyMs[name];
      if (ms !== null) this.#latencies.get(name)?.push(ms);
    }
    const { coldStart } = document.latencyMs;
    if (coldStart !== null && isCold(document)) this.#coldStarts.push(coldStart);
    if (document.sentAt !== undefined && document.scheduledAt !== undefined) {
      this.#lags.push(document.sentAt - document.scheduledAt);
    }
  }

  finish(measured: RunMeasurements): RunSummary {
    const { p50, p99, max } = summarise(this.#lags);
    const { accounts } = measured;
    const { speed: _, ...settings } = pickSettings(this.#manifest);
    return {
      runId: this.#manifest.runId,
      ...settings,
      invocations: this.#counts(),
      latencyMs: this.#latencySummaries(),
      ...accountedFor(accounts),
      cpuSeconds: {
        replayer: measured.replayerCpuSeconds ?? null,
        platform: accounts?.cpuSeconds.platform ?? null,
        engine: accounts?.cpuSeconds.engine ?? null,
        containers: accounts?.cpuSeconds.containers ?? null,
        steal: measured.stealCpuSeconds ?? null,
      },
      replay: { lagMs: { p50, p99, max } },
      store: measured.store ?? null,
    };
  }

  /** A call of the schedule that left no trace at all (its replayer was killed) is lost. */
  #counts(): InvocationCounts {
    const count = (end: ClientStatus | 'okAfterRetry'): number => this.#ends.get(end) ?? 0;
    const scheduled = this.#manifest.scheduled ?? this.#documents;
    return {
      scheduled,
      dropped: count('dropped'),
      rejected: count('rejected'),
      ok: count('ok'),
      okAfterRetry: count('okAfterRetry'),
      error: count('error'),
      timeout: count('timeout'),
      failed: count('failed'),
      lost: count('lost') + Math.max(0, scheduled - this.#documents),
    };
  }

  #latencySummaries(): RunSummary['latencyMs'] {
    const of = (name: (typeof LATENCY_NAMES)[number]): LatencySummary => summarise(this.#latencies.get(name) ?? []);
    return {
      endToEnd: of('endToEnd'),
      endToEndFromSent: of('endToEndFromSent'),
      scheduling: of('scheduling'),
      coldStart: of('coldStart'),
      coldStartOfCold: summarise(this.#coldStarts),
      queueing: of('queueing'),
      execution: of('execution'),
      batchCompletion: of('batchCompletion'),
    };
  }
}

/** What does not add up in a run's counters, in words; empty when everything does. */
export function accountingProblems(counts: InvocationCounts): string[] {
  const { scheduled, ...ends } = counts;
  const problems = Object.entries(counts)
    .filter(([, count]) => !Number.isInteger(count) || count < 0)
    .map(([name, count]) => `${name} is ${count}`);
  const ended = Object.values(ends).reduce((sum, count) => sum + count, 0);
  if (ended !== scheduled) {
    const terms = Object.entries(ends).map(([name, count]) => `${name} ${count}`);
    const difference = `${Math.abs(ended - scheduled)} too ${ended > scheduled ? 'many' : 'few'}`;
    problems.push(`${terms.join(' + ')} = ${ended}, but ${scheduled} were scheduled: ${difference}`);
  }
  return problems;
}

function isCold(document: InvocationDocument): boolean {
  return document.startKind === 'cold' || document.startKind === 'rode';
}

function accountedFor(
  accounts: WorkerAccounts | undefined,
): Pick<RunSummary, 'batches' | 'containers' | 'multiplexer'> {
  const { batches, containers, multiplexer } = accounts ?? {};
  return {
    batches: {
      count: batches?.count ?? null,
      meanSize: batches === undefined || batches.count === 0 ? null : batches.invocations / batches.count,
      maxSize: batches?.maxSize ?? null,
    },
    containers: {
      started: containers?.started ?? null,
      peak: containers?.peak ?? null,
      containerSeconds: containers?.containerSeconds ?? null,
      memoryByteSeconds: containers?.memoryByteSeconds ?? null,
    },
    multiplexer: { created: multiplexer?.created ?? null, reused: multiplexer?.reused ?? null },
  };
}
