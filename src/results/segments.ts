import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FileSink, type RecordSink } from './recordSink.ts';

const SEGMENT_BYTES = 8 * 2 ** 20;
const NAME = /^\d{9}\.ndjson$/;

/**
 * Writes platform records into a row of numbered files instead of one that grows for ever: a file that is full is
 * closed and the next one begun. Whoever delivers them removes a file once a later one exists (feeder.ts).
 */
export class SegmentSink implements RecordSink {
  readonly #folder: string;
  readonly #segmentBytes: number;
  #number: number;
  #current: FileSink | undefined;

  private constructor(folder: string, number: number, segmentBytes: number) {
    this.#folder = folder;
    this.#number = number;
    this.#segmentBytes = segmentBytes;
  }

  /** Goes on behind the segments that are there. */
  static async open(folder: string, segmentBytes = SEGMENT_BYTES): Promise<SegmentSink> {
    const last = (await listSegments(folder)).at(-1);
    return new SegmentSink(folder, last === undefined ? 0 : segmentNumber(last) + 1, segmentBytes);
  }

  async write(lines: Buffer): Promise<void> {
    if (this.#current !== undefined && this.#current.size >= this.#segmentBytes) {
      await this.close();
      this.#number += 1;
    }
    this.#current ??= await FileSink.open(join(this.#folder, segmentName(this.#number)));
    await this.#current.write(lines);
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.close();
  }
}

/** Paths of the segments in a folder, oldest first; none if there is no folder. */
export async function listSegments(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => NAME.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Another feeder may have been faster. */
export async function removeSegment(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function segmentName(number: number): string {
  return `${String(number).padStart(9, '0')}.ndjson`;
}

function segmentNumber(path: string): number {
  return Number.parseInt(path.slice(path.lastIndexOf('/') + 1), 10);
}
