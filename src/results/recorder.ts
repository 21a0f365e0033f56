import type { Outcome } from '../protocol/invocation.ts';
import type { PlatformRecord } from '../protocol/record.ts';
import { FileSink, type RecordSink } from './recordSink.ts';
import { SegmentSink } from './segments.ts';

const FLUSH_INTERVAL_MS = 50;
const FLUSH_RECORDS = 1_000;

export interface RecorderOptions {
  /** Told of each write that fails; what it held is kept and written with the next. */
  readonly onError: (error: unknown) => void;
}

/**
 * Takes the platform's half of records off the worker's hot path.  open → closing → closed.
 *
 * `record()` only remembers. Every 50 ms, or as soon as 1,000 wait, they become lines and leave in one write; while
 * one write is under way the next ones gather. Nothing blocks and nothing is dropped: a disk that refuses is tried
 * again, and what waits stays in memory until then. A killed worker loses at most its last 50 ms.
 */
export class Recorder {
  readonly #sink: RecordSink;
  readonly #onError: RecorderOptions['onError'];
  #waiting: PlatformRecord[] = [];
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(sink: RecordSink, options: RecorderOptions) {
    this.#sink = sink;
    this.#onError = options.onError;
  }

  /** Records to a run's `platform.ndjson`. */
  static async toFile(path: string, options: RecorderOptions): Promise<Recorder> {
    return new Recorder(await FileSink.open(path), options);
  }

  /** Records to the segments of `faasbatch up`, which a feeder delivers and removes. */
  static async toSegments(folder: string, options: RecorderOptions): Promise<Recorder> {
    return new Recorder(await SegmentSink.open(folder), options);
  }

  record(record: PlatformRecord): void {
    if (this.#closing !== undefined) throw new Error('the recorder is closed');
    this.#waiting.push(record);
    if (this.#waiting.length === FLUSH_RECORDS) this.#flushNow();
    else this.#flushLater();
  }

  /** Resolves when everything recorded before the call is in the file. @throws if it could not be written */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing.catch(() => undefined);
    if (this.#waiting.length > 0) await this.#startFlush();
  }

  /** Writes what is left and closes the file. Idempotent. @throws if records could not be written */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      clearTimeout(this.#timer);
      await this.#sink.close();
    }
  }

  #flushLater(): void {
    if (this.#flushing !== undefined) return;
    this.#timer ??= setTimeout(() => this.#flushNow(), FLUSH_INTERVAL_MS);
  }

  /** The records become lines once the code that recorded the last of them has returned. */
  #flushNow(): void {
    if (this.#flushing !== undefined) return;
    setImmediate(() => {
      if (this.#flushing === undefined && this.#waiting.length > 0) this.#startFlush().catch(this.#onError);
    });
  }

  #startFlush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const flushing = this.#write().finally(() => {
      this.#flushing = undefined;
      if (this.#waiting.length > 0 && this.#closing === undefined) this.#flushLater();
    });
    this.#flushing = flushing;
    return flushing;
  }

  async #write(): Promise<void> {
    const records = this.#waiting;
    this.#waiting = [];
    try {
      await this.#sink.write(Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join('')));
    } catch (error) {
      this.#waiting = [...records, ...this.#waiting];
      throw error;
    }
  }
}

/** What is recorded of an outcome: everything but its body. */
export function platformRecordOf(outcome: Outcome, workerId: string): PlatformRecord {
  const { body: _body, contentType: _contentType, ...rest } = outcome;
  return { workerId, ...rest };
}
