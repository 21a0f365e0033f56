import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { ClientRecord } from '../protocol/record.ts';

const FLUSH_INTERVAL_MS = 50;

/**
 * Appends records to a run's `client.ndjson` in bulk, whole lines at a time. open → closed.
 *
 * Writes are positioned: one that failed half-way is written over by the next, so the file never holds a cut line
 * followed by others, nor a record twice.
 */
export class ClientLog {
  readonly #file: FileHandle;
  readonly #onError: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #position: number;
  #lines: string[] = [];
  #flushing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(file: FileHandle, position: number, onError: (error: unknown) => void) {
    this.#file = file;
    this.#position = position;
    this.#onError = onError;
    this.#timer = setInterval(() => {
      if (this.#lines.length > 0) this.#flushing = this.#flushing.then(() => this.#flush()).catch(this.#onError);
    }, FLUSH_INTERVAL_MS);
  }

  /** @param onError told of each write that fails; its records are kept and tried again with the next ones */
  static async open(path: string, onError: (error: unknown) => void): Promise<ClientLog> {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT);
    const { size } = await file.stat();
    return new ClientLog(file, size, onError);
  }

  append(record: ClientRecord): void {
    this.#lines.push(`${JSON.stringify(record)}\n`);
  }

  /** Writes what is left. Idempotent. @throws if records could not be written */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    try {
      await this.#flushing;
      await this.#flush();
    } finally {
      await this.#file.close();
    }
  }

  async #flush(): Promise<void> {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    const bytes = Buffer.from(lines.join(''));
    try {
      for (let written = 0; written < bytes.length; ) {
        const position = this.#position + written;
        written += (await this.#file.write(bytes, written, bytes.length - written, position)).bytesWritten;
      }
    } catch (error) {
      this.#lines = [...lines, ...this.#lines];
      throw error;
    }
    this.#position += bytes.length;
  }
}
