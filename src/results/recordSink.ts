import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Where a recorder writes: one file, or a row of segments (segments.ts). */
export interface RecordSink {
  /** Whole lines. All of them are written, or none counts as written and the call is repeated with them. */
  write(lines: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** Appends to one file. Writes are positioned, so one that failed half-way is written over by its repetition. */
export class FileSink implements RecordSink {
  readonly #file: FileHandle;
  #size: number;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  static async open(path: string): Promise<FileSink> {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT);
    return new FileSink(file, (await file.stat()).size);
  }

  get size(): number {
    return this.#size;
  }

  async write(lines: Buffer): Promise<void> {
    for (let written = 0; written < lines.length; ) {
      written += (await this.#file.write(lines, written, lines.length - written, this.#size + written)).bytesWritten;
    }
    this.#size += lines.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
