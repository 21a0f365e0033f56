import type { ClientRecord, PlatformRecord } from '../protocol/record.ts';
import { type InvocationDocument, invocationDocument, type RunContext, runContextOf } from './invocationDocument.ts';
import { Joiner } from './join.ts';
import { NdjsonTail } from './ndjsonTail.ts';
import type { RunFolder, RunManifest } from './runFolder.ts';
import { listSegments, removeSegment } from './segments.ts';

/** Where a feeder gets documents from: files that may still be growing. */
export interface RecordSource {
  /** The documents of the next chunk (maybe none); undefined at the end of what is written so far. */
  next(): Promise<InvocationDocument[] | undefined>;
  /** Once nothing is written any more and `next()` said so: what never became whole. */
  finish(): Iterable<InvocationDocument>;
  /** All documents handed out so far are stored. */
  delivered(): Promise<void>;
  close(): Promise<void>;
}

/** The two halves of a replay, joined as they come. */
export class ReplaySource implements RecordSource {
  readonly #clients: NdjsonTail<ClientRecord>;
  readonly #platforms: NdjsonTail<PlatformRecord>;
  readonly #joiner: Joiner;

  constructor(folder: RunFolder, manifest: RunManifest) {
    this.#clients = new NdjsonTail(folder.clientRecords);
    this.#platforms = new NdjsonTail(folder.platformRecords);
    this.#joiner = new Joiner(runContextOf(manifest));
  }

  async next(): Promise<InvocationDocument[] | undefined> {
    const [clients, platforms] = await Promise.all([this.#clients.next(), this.#platforms.next()]);
    if (clients === undefined && platforms === undefined) return undefined;
    const documents: InvocationDocument[] = [];
    const take = (document: InvocationDocument | undefined): void => {
      if (document !== undefined) documents.push(document);
    };
    for (const record of clients ?? []) take(this.#joiner.addClient(record));
    for (const record of platforms ?? []) take(this.#joiner.addPlatform(record));
    return documents;
  }

  finish(): Iterable<InvocationDocument> {
    return this.#joiner.finish();
  }

  /** The files of a replay stay: they are its record. */
  async delivered(): Promise<void> {}

  async close(): Promise<void> {
    await Promise.all([this.#clients.close(), this.#platforms.close()]);
  }
}

/**
 * The platform's half alone, out of the segments of `faasbatch up`. A segment is removed when all of it is stored and
 * a later one has been begun, or when its writer has ended (`writerEnded`).
 */
export class SegmentSource implements RecordSource {
  readonly #folder: string;
  readonly #run: RunContext;
  #path: string | undefined;
  #tail: NdjsonTail<PlatformRecord> | undefined;
  #read: string[] = [];
  #writerEnded = false;

  constructor(folder: RunFolder, manifest: RunManifest) {
    this.#folder = folder.segments;
    this.#run = runContextOf(manifest);
  }

  async next(): Promise<InvocationDocument[] | undefined> {
    // listed before the last read: a segment with a successor by then gets no more lines
    const segments = await listSegments(this.#folder);
    this.#path ??= segments.find((path) => !this.#read.includes(path));
    if (this.#path === undefined) return undefined;
    this.#tail ??= new NdjsonTail(this.#path);
    const records = await this.#tail.next();
    if (records !== undefined) return records.map((record) => invocationDocument(this.#run, undefined, record));
    if (this.#path === segments.at(-1)) return undefined;
    await this.#leaveSegment();
    return [];
  }

  finish(): Iterable<InvocationDocument> {
    this.#writerEnded = true;
    return [];
  }

  async delivered(): Promise<void> {
    if (this.#writerEnded && this.#path !== undefined) await this.#leaveSegment();
    for (const path of this.#read) await removeSegment(path);
    this.#read = [];
  }

  async close(): Promise<void> {
    await this.#tail?.close();
    this.#tail = undefined;
  }

  async #leaveSegment(): Promise<void> {
    await this.close();
    if (this.#path !== undefined) this.#read.push(this.#path);
    this.#path = undefined;
  }
}

export function recordSourceOf(folder: RunFolder, manifest: RunManifest): RecordSource {
  return manifest.kind === 'up' ? new SegmentSource(folder, manifest) : new ReplaySource(folder, manifest);
}
