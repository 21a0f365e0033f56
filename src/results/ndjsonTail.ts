import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/**
 * Reads a file of JSON lines that another process may still be writing, from its beginning on.
 *
 * A last line without its newline waits until it is whole; if its writer was killed it never is, and is not read.
 * A whole line that is no JSON is counted and passed over. Opens the file when it is there; `close()` is idempotent.
 */
export class NdjsonTail<T> {
  readonly #path: string;
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #file: FileHandle | undefined;
  #position = 0;
  #rest: Buffer = Buffer.alloc(0);
  #malformed = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whole lines that were no JSON. */
  get malformed(): number {
    return this.#malformed;
  }

  /** The records of the next chunk; undefined at the end of what is written so far. */
  async next(): Promise<T[] | undefined> {
    this.#file ??= await open(this.#path, 'r').catch(undefinedIfAbsent);
    if (this.#file === undefined) return undefined;
    const { bytesRead } = await this.#file.read(this.#chunk, 0, CHUNK_BYTES, this.#position);
    if (bytesRead === 0) return undefined;
    this.#position += bytesRead;
    const bytes = Buffer.concat([this.#rest, this.#chunk.subarray(0, bytesRead)]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.#rest = bytes.subarray(end);
    return this.#parse(bytes.toString('utf8', 0, end));
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #parse(lines: string): T[] {
    const records: T[] = [];
    for (const line of lines.split('\n')) {
      if (line === '') continue;
      try {
        records.push(JSON.parse(line) as T);
      } catch {
        this.#malformed += 1;
      }
    }
    return records;
  }
}

/** All records of a file as it is now; none if there is no file. */
export async function* readNdjson<T>(path: string): AsyncGenerator<T> {
  const tail = new NdjsonTail<T>(path);
  try {
    for (let records = await tail.next(); records !== undefined; records = await tail.next()) yield* records;
  } finally {
    await tail.close();
  }
}

function undefinedIfAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
