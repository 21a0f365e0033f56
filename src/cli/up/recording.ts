import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ResolvedConfig } from '../../config/resolve.ts';
import { asError, FaasError } from '../../protocol/errors.ts';
import { Feeder } from '../../results/feeder.ts';
import { locateStore } from '../../results/openStore.ts';
import { removeRun } from '../../results/queries.ts';
import { Recorder } from '../../results/recorder.ts';
import { storeRun } from '../../results/runDocument.ts';
import { createRunFolder, type RunFolder, type RunManifest } from '../../results/runFolder.ts';
import { listSegments } from '../../results/segments.ts';
import type { ResultStore } from '../../results/store.ts';
import { isPassing } from '../../results/storeErrors.ts';
import { upRun } from './upRun.ts';

/** A store that does not answer at once is waited for in the background: records gather on the disk meanwhile. */
const STORE_PATIENCE_MS = 5_000;
/** When the worker has ended, a store that does not answer is waited for so long. */
const LAST_FEED_TIMEOUT_MS = 3_000;
const HURRIED_FEED_TIMEOUT_MS = 1_000;

/** Where the records of a worker go. */
export interface Recording {
  readonly recorder: Recorder;
  /** Undefined: nowhere. */
  readonly accountsPath: string | undefined;
  /** Null: nothing is recorded. */
  readonly target: RecordingTarget | null;
  /**
   * Delivers what is left, once the recorder is closed.
   * @param hurry when it resolves, what is not delivered soon stays on the disk
   * @returns what to tell of records that are not in the store; undefined: all of them are
   */
  finish(hurry: Promise<void>): Promise<string | undefined>;
  /** The worker did not start: nothing of the recording stays. */
  abandon(): Promise<void>;
}

export interface RecordingTarget {
  readonly runId: string;
  readonly folder: string;
  /** Without credentials. */
  readonly url: string;
  readonly database: string;
}

export async function recordNothing(): Promise<Recording> {
  const recorder = new Recorder({ write: async () => {}, close: async () => {} }, { onError: () => {} });
  return {
    recorder,
    accountsPath: undefined,
    target: null,
    finish: async () => undefined,
    abandon: () => recorder.close(),
  };
}

/**
 * Records into a run folder of its own, from where a feeder delivers into the store.
 * @throws FaasError `store_…` for a store that will never take them: wrong credentials, no CouchDB, cannot be started
 */
export async function recordToStore(config: ResolvedConfig, log: Logger): Promise<Recording> {
  const store = await locateStore(config.store);
  const isReady = await prepareOrWarn(store, log);
  const { folder, manifest } = await createRunFolder(config.common.home, upRun(config));
  if (isReady) await storeRun(store, manifest, null);
  const recorder = await Recorder.toSegments(folder.segments, {
    onError: (error) =>
      log.error({ err: asError(error) }, 'records could not be written; they are kept and tried again'),
  });
  const feeder = new Feeder({
    folder,
    manifest,
    store,
    onOutage: (error) =>
      log.warn({ code: error.code }, `the store takes no records, they wait on disk: ${error.message}`),
    onRecovery: () => log.info('the store takes records again'),
  });
  feeder.start();
  return new StoreRecording({ recorder, feeder, folder, manifest, store, log });
}

interface Parts {
  readonly recorder: Recorder;
  readonly feeder: Feeder;
  readonly folder: RunFolder;
  readonly manifest: RunManifest;
  readonly store: ResultStore;
  readonly log: Logger;
}

class StoreRecording implements Recording {
  readonly recorder: Recorder;
  readonly accountsPath: string;
  readonly target: RecordingTarget;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    const { recorder, folder, manifest, store } = parts;
    this.recorder = recorder;
    this.accountsPath = folder.accounts;
    this.target = { runId: manifest.runId, folder: folder.path, url: store.url, database: store.database };
    this.#parts = parts;
  }

  async finish(hurry: Promise<void>): Promise<string | undefined> {
    const { feeder, folder, manifest, store, log } = this.#parts;
    const { runId, url, database } = this.target;
    const tooLate = hurry.then(() => sleep(HURRIED_FEED_TIMEOUT_MS, undefined, { ref: false }));
    const report = await Promise.race([feeder.drain(LAST_FEED_TIMEOUT_MS), tooLate]);
    if ((await listSegments(folder.segments)).length > 0) {
      const hurried = `some invocations may not be in the store. Nothing is lost: faasbatch results import ${folder.path}`;
      return report?.problem ?? hurried;
    }
    if (feeder.delivered === 0) {
      await this.#remove();
      return undefined;
    }
    await storeRun(store, manifest, null);
    log.info(`${feeder.delivered} invocations are in ${url}/${database}: faasbatch results show ${runId}`);
    return undefined;
  }

  async abandon(): Promise<void> {
    const { recorder, feeder } = this.#parts;
    await recorder.close();
    await feeder.drain(0);
    await this.#remove();
  }

  /** A run in which nothing was called is none. */
  async #remove(): Promise<void> {
    const { folder, manifest, store } = this.#parts;
    // Where the store is gone, the run is not in it either, or will be seen there without invocations.
    await removeRun(store, manifest.runId).catch(() => undefined);
    await rm(folder.path, { recursive: true, force: true });
  }
}

/** @returns whether the store is ready; if not, it is waited for in the background */
async function prepareOrWarn(store: ResultStore, log: Logger): Promise<boolean> {
  const patience = new AbortController();
  const preparing = store.prepare().then(
    () => undefined,
    (thrown: unknown) => asError(thrown),
  );
  const slow = new FaasError(
    'store_unreachable',
    `the store at ${store.url} has not answered for ${STORE_PATIENCE_MS} ms`,
  );
  const waiting = sleep(STORE_PATIENCE_MS, slow, { signal: patience.signal }).catch(() => undefined);
  const error = await Promise.race([preparing, waiting]);
  patience.abort();
  if (error === undefined) return true;
  if (!(error instanceof FaasError) || !isPassing(error)) throw error;
  log.warn({ code: error.code }, `${error.message}; records wait on disk until it does`);
  return false;
}
