import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonFile } from '../lib/jsonFile.ts';
import { hostCpuMs } from '../lib/procfs.ts';
import { asError, FaasError } from '../protocol/errors.ts';
import { Feeder, type FeedReport } from '../results/feeder.ts';
import { createRunFolder, type NewRun, type RunFolder, type RunManifest, setRunEpoch } from '../results/runFolder.ts';
import type { ResultStore } from '../results/store.ts';
import type { RunMeasurements } from '../results/summary.ts';
import type { Schedule } from '../traces/schedule.ts';
import { writeSchedule } from '../traces/scheduleFile.ts';
import { deployScheduled, type FunctionSources } from './deployScheduled.ts';
import type { ReplayMessage, ReplayResult, ReplayStarted } from './messages.ts';
import { type ReplayPlan, requestDeadlineMs } from './plan.ts';
import { startReplayer } from './replayerProcess.ts';

/** The system under test, in a process of its own; who starts it is not the replay's business. */
export interface RunningWorker {
  readonly url: string;
  /** Resolves when its process has ended, with the reason if nobody told it to. */
  readonly exited: Promise<string | undefined>;
  /** Lets it drain and end. */
  close(): Promise<void>;
  kill(): void;
}

export interface WorkerFiles {
  readonly functionsPath: string;
  readonly recordsPath: string;
  readonly accountsPath: string;
}

export interface RunOptions {
  readonly home: string;
  readonly schedule: Schedule;
  readonly run: NewRun;
  readonly store: ResultStore;
  readonly functions: FunctionSources;
  readonly startWorker: (files: WorkerFiles) => Promise<RunningWorker>;
  readonly apiKey: string | undefined;
  readonly onMessage: (message: ReplayMessage) => void;
  readonly onNote: (text: string) => void;
  /** Aborted: send no more, keep what there is. */
  readonly stop: AbortSignal;
  /** Aborted: end at once; records that were written stay. */
  readonly force: AbortSignal;
}

export interface RunResult {
  readonly folder: RunFolder;
  readonly manifest: RunManifest;
  readonly replay: ReplayResult;
  /** Why the worker ended by itself; undefined if it did not. */
  readonly workerLost: string | undefined;
  readonly feed: FeedReport;
  readonly measured: RunMeasurements;
}

const MAX_IN_FLIGHT = 10_000;
const DRAIN_TIMEOUT_MS = 10_000;

/**
 * One replay against a worker of its own: makes the run's folder, deploys, starts worker and replayer, feeds the store
 * while they run, and ends both. Whatever ends it early, what was recorded stays and is fed.
 * @throws FaasError if it cannot begin; nothing keeps running then
 */
export async function runReplay(options: RunOptions): Promise<RunResult> {
  const { folder, manifest } = await createRunFolder(options.home, options.run);
  const functionsPath = join(folder.path, 'functions');
  try {
    const worker = await prepare(options, folder, functionsPath);
    try {
      return await drive(options, folder, manifest, worker);
    } finally {
      worker.kill();
      await worker.exited;
    }
  } finally {
    await rm(functionsPath, { recursive: true, force: true });
  }
}

/** Lays out what the run needs. If that fails, there was no run: its folder goes. */
async function prepare(options: RunOptions, folder: RunFolder, functionsPath: string): Promise<RunningWorker> {
  try {
    await deployScheduled(options.schedule.functions, options.functions, functionsPath);
    await writeSchedule(folder.schedule, options.schedule);
    const { platformRecords: recordsPath, accounts: accountsPath } = folder;
    return await options.startWorker({ functionsPath, recordsPath, accountsPath });
  } catch (thrown) {
    await rm(folder.path, { recursive: true, force: true });
    throw thrown;
  }
}

async function drive(
  options: RunOptions,
  folder: RunFolder,
  manifest: RunManifest,
  worker: RunningWorker,
): Promise<RunResult> {
  const run = new Drive(options, folder, manifest, worker);
  const replay = await run.replay().catch((thrown: unknown) => {
    const hint = `what was recorded can still be stored: faasbatch results import ${folder.path}`;
    throw new FaasError('replayer_failed', asError(thrown).message, { hint }, { cause: thrown });
  });
  await worker.close();
  const workerLost = run.workerLost ?? (await worker.exited);
  const feed = await run.feed();
  const { url, database } = options.store;
  const store = { url, database, documents: feed.delivered };
  const measured = { ...run.measured(), replayerCpuSeconds: replay.cpuSeconds, store };
  return { folder, manifest: run.manifest, replay, workerLost, feed, measured };
}

/** The time between a worker's start and the last record fed. */
class Drive {
  manifest: RunManifest;
  workerLost: string | undefined;
  readonly #options: RunOptions;
  readonly #folder: RunFolder;
  readonly #worker: RunningWorker;
  readonly #hostAtStart = hostCpuMs();
  #feeder: Feeder | undefined;

  constructor(options: RunOptions, folder: RunFolder, manifest: RunManifest, worker: RunningWorker) {
    this.#options = options;
    this.#folder = folder;
    this.#worker = worker;
    this.manifest = manifest;
  }

  async replay(): Promise<ReplayResult> {
    const { stop, force, apiKey, onMessage } = this.#options;
    const planPath = join(this.#folder.path, 'plan.json');
    await writeJsonFile(planPath, this.#plan());
    let beginning: Promise<void> | undefined;
    const replayer = startReplayer({
      planPath,
      env: { ...process.env, FAASBATCH_API_KEY: apiKey },
      onMessage: (message) => {
        if (message.type === 'started') {
          beginning = this.#begin(message);
          beginning.catch(() => replayer.stop());
        }
        onMessage(message);
      },
    });
    const onStop = () => replayer.stop();
    const onForce = () => {
      replayer.kill();
      this.#worker.kill();
    };
    stop.addEventListener('abort', onStop);
    force.addEventListener('abort', onForce);
    if (stop.aborted) onStop();
    let replaying = true;
    void this.#worker.exited.then((reason) => {
      if (!replaying) return;
      this.workerLost = reason ?? 'the worker ended';
      replayer.targetGone();
    });
    try {
      return await replayer.result;
    } finally {
      replaying = false;
      await beginning;
      stop.removeEventListener('abort', onStop);
      force.removeEventListener('abort', onForce);
    }
  }

  /** Stores what is left. */
  feed(): Promise<FeedReport> {
    this.#feeder ??= this.#newFeeder();
    return this.#feeder.drain();
  }

  measured(): RunMeasurements {
    const now = hostCpuMs();
    const stealMs =
      now === undefined || this.#hostAtStart === undefined ? undefined : now.steal - this.#hostAtStart.steal;
    return { stealCpuSeconds: stealMs === undefined ? undefined : stealMs / 1_000 };
  }

  /** Stored times count from the schedule's zero, so nothing is stored before it is known. */
  async #begin(started: ReplayStarted): Promise<void> {
    this.manifest = await setRunEpoch(this.#folder, this.manifest, started.epoch, started.epochWallTime);
    this.#feeder = this.#newFeeder();
    this.#feeder.start();
  }

  #newFeeder(): Feeder {
    const { store, onNote } = this.#options;
    return new Feeder({
      folder: this.#folder,
      manifest: this.manifest,
      store,
      onOutage: (error: FaasError) => onNote(`the store does not take records: ${error.message}; they wait on disk`),
      onRecovery: () => onNote('the store takes records again'),
    });
  }

  #plan(): ReplayPlan {
    const { schedule } = this.#options;
    const timeoutMs = Math.max(60_000, ...schedule.functions.map(({ manifest }) => manifest.timeoutMs ?? 0));
    return {
      runId: this.#folder.runId,
      target: this.#worker.url,
      schedulePath: this.#folder.schedule,
      clientRecordsPath: this.#folder.clientRecords,
      requestDeadlineMs: requestDeadlineMs(this.manifest.queueTimeoutMs, timeoutMs),
      maxInFlight: MAX_IN_FLIGHT,
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
    };
  }
}
