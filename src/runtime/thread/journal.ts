import { openSync, writeSync } from 'node:fs';
import { type Begun, encodeBegun, RECORD_BYTES, RECORDS } from '../../protocol/startedJournal.ts';

/** This thread's journal (see protocol/startedJournal.ts). A write costs some 5 µs: it ends in memory, not on a disk. */
export class Journal {
  readonly #file: number;
  #next = 0;

  constructor(path: string, threadId: number) {
    this.#file = openSync(`${path}.${threadId}`, 'w');
  }

  /** When it returns, a kill of the process cannot undo it. */
  write(begun: readonly Begun[]): void {
    for (let from = 0; from < begun.length; ) {
      const upTo = Math.min(begun.length, from + RECORDS - this.#next);
      writeSync(
        this.#file,
        encodeBegun(begun.slice(from, upTo)),
        0,
        (upTo - from) * RECORD_BYTES,
        this.#next * RECORD_BYTES,
      );
      this.#next = (this.#next + upTo - from) % RECORDS;
      from = upTo;
    }
  }
}
