import { join } from 'node:path';
import type { ResolvedConfig } from '../../config/resolve.ts';
import type { WorkerConfig } from '../../config/worker.ts';
import { runReplay } from '../../replay/run.ts';
import { ReplaySource } from '../../results/recordSource.ts';
import { storeRun } from '../../results/runDocument.ts';
import { type NewRun, type RunFolder, type RunManifest, writeSummary } from '../../results/runFolder.ts';
import type { ResultStore } from '../../results/store.ts';
import { documentsOf, summariseRun } from '../../results/summarise.ts';
import type { RunSummary } from '../../results/summary.ts';
import type { Schedule } from '../../traces/schedule.ts';
import { SHIPPED_FUNCTIONS } from '../../worker/paths.ts';
import { WorkerProcess } from '../../worker/workerProcess.ts';
import type { Cli } from '../cli.ts';
import { runFacts } from '../runFacts.ts';
import { ReplayProgressBar } from './progress.ts';

export interface StrategyRun {
  readonly strategy: string;
  readonly schedule: Schedule;
  readonly config: ResolvedConfig;
  readonly store: ResultStore;
  readonly stop: AbortSignal;
  readonly force: AbortSignal;
}

export interface EndedRun {
  readonly summary: RunSummary;
  readonly endToEndMs: readonly number[];
  /** Why the run did not go to its end; null if it did, or was interrupted. */
  readonly stoppedBy: string | null;
  readonly feedProblem: string | null;
}

/** Replays the schedule under one strategy, against a fresh worker, and sums it up. */
export async function replayStrategy(run: StrategyRun, cli: Cli): Promise<EndedRun> {
  const { strategy, schedule, config, store, stop, force } = run;
  const worker = workerConfig(config.worker, strategy, schedule.speed);
  const bar = new ReplayProgressBar(cli.output, strategy);
  try {
    const result = await runReplay({
      home: config.common.home,
      schedule,
      run: newRun(schedule, worker, config),
      store,
      functions: { shipped: SHIPPED_FUNCTIONS, deployed: join(config.common.home, 'functions') },
      startWorker: (files) => WorkerProcess.start({ config: worker, ...files }),
      apiKey: undefined,
      onMessage: (message) => bar.show(message),
      onNote: (text) => cli.output.warn(text),
      stop,
      force,
    });
    const { folder, manifest, measured, feed } = result;
    const stoppedBy = result.workerLost ?? result.replay.error?.message ?? null;
    const summary = await summariseRun(folder, manifest, measured);
    await writeSummary(folder, summary);
    if (feed.problem === null) await storeRun(store, manifest, summary);
    return { summary, endToEndMs: await endToEndOf(folder, manifest), stoppedBy, feedProblem: feed.problem };
  } finally {
    bar.end();
  }
}

async function endToEndOf(folder: RunFolder, manifest: RunManifest): Promise<number[]> {
  const latencies: number[] = [];
  for await (const { latencyMs } of documentsOf(new ReplaySource(folder, manifest))) {
    if (latencyMs.endToEnd !== null) latencies.push(latencyMs.endToEnd);
  }
  return latencies;
}

/** `--speed` shortens waiting and keep-alive as it shortens the trace; the dispatch interval is not the trace's. */
function workerConfig(worker: WorkerConfig, strategy: string, speed: number): WorkerConfig {
  return {
    ...worker,
    strategy,
    host: '127.0.0.1',
    port: 0,
    apiKeys: [],
    keepAliveMs: worker.keepAliveMs / speed,
    queueTimeoutMs: worker.queueTimeoutMs / speed,
  };
}

function newRun(schedule: Schedule, worker: WorkerConfig, config: ResolvedConfig): NewRun {
  const { trace, traceDigest, workload, workScale, rho, placement, seed, speed, calls, notes } = schedule;
  return {
    ...runFacts(worker, config),
    kind: 'replay',
    trace,
    traceDigest,
    workload,
    workScale: workScale === null ? null : { ...workScale },
    rho,
    placement,
    seed,
    speed,
    scheduled: calls.length,
    notes,
  };
}
