import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../lib/clock.ts';
import { asError, FaasError } from '../protocol/errors.ts';
import { backoffMs } from './backoff.ts';
import type { InvocationDocument } from './invocationDocument.ts';
import { type RecordSource, recordSourceOf } from './recordSource.ts';
import { runDocument } from './runDocument.ts';
import type { RunFolder, RunManifest } from './runFolder.ts';
import type { InsertReport, StoredDocument } from './store.ts';
import { isPassing } from './storeErrors.ts';

const BULK_DOCUMENTS = 500;
const POLL_INTERVAL_MS = 250;
const DRAIN_TIMEOUT_MS = 60_000;

/** What a feeder needs of a store. */
export interface FeedTarget {
  prepare(): Promise<void>;
  insertNew(documents: readonly StoredDocument[]): Promise<void>;
  insert(documents: readonly StoredDocument[]): Promise<InsertReport>;
}

export interface FeederOptions {
  readonly folder: RunFolder;
  readonly manifest: RunManifest;
  readonly store: FeedTarget;
  /** Told once when the store stops taking documents, and once when it takes them again. */
  readonly onOutage?: (error: FaasError) => void;
  readonly onRecovery?: () => void;
}

export interface FeedReport {
  /** Invocations that are in the store. */
  readonly delivered: number;
  /** Invocations that are only in the run's folder. */
  readonly undelivered: number;
  /** What to tell the user about the undelivered ones; null when there are none. */
  readonly problem: string | null;
}

/**
 * Feeds a run's records into the store while they are being written.  idle → feeding → draining → closed.
 *
 * feeding: four times a second what has been written is read, joined and stored, in bulks of up to 500. While the store does
 * not answer, nothing is read: the files hold what waits, so memory stays small however long the outage is. Left by
 * `drain()`, or by an error that no waiting mends (wrong password), after which nothing more is sent.
 *
 * draining: the writers have ended; the rest is read and stored, halves that stayed alone included. Left when all is
 * stored, or when the store has not answered until the time allowed is over.
 */
export class Feeder {
  readonly #options: FeederOptions;
  readonly #source: RecordSource;
  readonly #wake = new AbortController();
  #feeding: Promise<void> | undefined;
  #draining: Promise<FeedReport> | undefined;
  #deadlineAt = Number.POSITIVE_INFINITY;
  #prepared = false;
  #failures = 0;
  #delivered = 0;
  #undelivered = 0;
  #error: FaasError | undefined;

  constructor(options: FeederOptions) {
    this.#options = options;
    this.#source = recordSourceOf(options.folder, options.manifest);
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** Begins to feed in the background. Never throws: what goes wrong is told by `onOutage` and by `drain()`. */
  start(): void {
    this.#feeding ??= this.#feed();
  }

  /**
   * Stores what is left; to be called when nothing writes to the folder any more. Idempotent.
   * @param timeoutMs how long a store that does not answer is waited for
   */
  drain(timeoutMs = DRAIN_TIMEOUT_MS): Promise<FeedReport> {
    this.#draining ??= this.#drain(timeoutMs);
    return this.#draining;
  }

  get #givenUp(): boolean {
    return this.#error !== undefined && (!isPassing(this.#error) || monotonicMs() >= this.#deadlineAt);
  }

  async #feed(): Promise<void> {
    try {
      while (this.#draining === undefined && !this.#givenUp) {
        if (!(await this.#takeAll())) await this.#pause(POLL_INTERVAL_MS);
      }
    } catch (thrown) {
      this.#fail(asError(thrown));
    }
  }

  async #drain(timeoutMs: number): Promise<FeedReport> {
    this.#deadlineAt = monotonicMs() + timeoutMs;
    this.#wake.abort();
    await this.#feeding;
    try {
      while (await this.#takeAll());
      await this.#deliver([...this.#source.finish()]);
      if (this.#undelivered === 0) await this.#source.delivered();
    } catch (thrown) {
      this.#fail(asError(thrown));
    } finally {
      await this.#source.close();
    }
    return { delivered: this.#delivered, undelivered: this.#undelivered, problem: this.#problem() };
  }

  /** @returns whether there was anything to read */
  async #takeAll(): Promise<boolean> {
    const documents = await this.#source.next();
    if (documents === undefined) return false;
    await this.#deliver(documents);
    if (this.#undelivered === 0) await this.#source.delivered();
    return true;
  }

  async #deliver(documents: readonly InvocationDocument[]): Promise<void> {
    for (let from = 0; from < documents.length; from += BULK_DOCUMENTS) {
      await this.#deliverBulk(documents.slice(from, from + BULK_DOCUMENTS));
    }
  }

  async #deliverBulk(bulk: readonly InvocationDocument[]): Promise<void> {
    while (!this.#givenUp) {
      try {
        await this.#prepare();
        await this.#options.store.insert(bulk);
        this.#delivered += bulk.length;
        this.#recover();
        return;
      } catch (thrown) {
        this.#fail(asError(thrown));
        if (!this.#givenUp) await this.#pause(backoffMs(this.#failures));
      }
    }
    this.#undelivered += bulk.length;
  }

  /** The run's own document goes first, so that its invocations are found even if it never ends. */
  async #prepare(): Promise<void> {
    if (this.#prepared) return;
    const { store, manifest } = this.#options;
    await store.prepare();
    await store.insertNew([runDocument(manifest, null)]);
    this.#prepared = true;
  }

  #recover(): void {
    if (this.#error !== undefined) this.#options.onRecovery?.();
    this.#error = undefined;
    this.#failures = 0;
  }

  #fail(error: Error): void {
    const known = error instanceof FaasError ? error : new FaasError('internal', error.message, {}, { cause: error });
    if (this.#error === undefined) this.#options.onOutage?.(known);
    this.#error = known;
    this.#failures += 1;
    this.#prepared = false;
  }

  /** Cut short by `drain()`, after which its own deadline bounds the waiting. */
  async #pause(ms: number): Promise<void> {
    if (this.#draining !== undefined) await delay(Math.min(ms, Math.max(0, this.#deadlineAt - monotonicMs())));
    else await delay(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined);
  }

  #problem(): string | null {
    if (this.#undelivered === 0 && this.#error === undefined) return null;
    const { folder } = this.#options;
    return (
      `${this.#undelivered} of ${this.#delivered + this.#undelivered} invocations are not in CouchDB ` +
      `(${this.#error?.message ?? 'given up'}). Nothing is lost: faasbatch results import ${folder.path}`
    );
  }
}
