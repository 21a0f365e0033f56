import { FaasError } from '../../protocol/errors.ts';
import type { InvokeHeader } from '../../protocol/messages.ts';
import type { Entry } from '../crossing/messages.ts';
import { PHASE, SharedBatch } from '../crossing/sharedBatch.ts';

/** A batch as the main thread keeps it: its shared memory, and which of its invocations were answered. */
export class Batch {
  readonly stream: number;
  readonly entries: readonly Entry[];
  readonly shared: SharedBatch;
  readonly #started: Uint8Array;
  readonly #answered: Uint8Array;
  #open: number;

  /** @throws FaasError `bad_request` if the sizes do not add up to the payload */
  constructor(stream: number, header: InvokeHeader, payload: Uint8Array) {
    let offset = 0;
    this.entries = header.invocations.map(({ id, contentType, size }, index) => {
      const entry = { index, id, contentType, offset, size };
      offset += size;
      return entry;
    });
    if (offset !== payload.byteLength) {
      throw new FaasError(
        'bad_request',
        `invoke: the sizes add up to ${offset}, the payload has ${payload.byteLength}`,
      );
    }
    this.stream = stream;
    this.shared = SharedBatch.of(this.entries.length, payload);
    this.#started = new Uint8Array(this.entries.length);
    this.#answered = new Uint8Array(this.entries.length);
    this.#open = this.entries.length;
  }

  /** Invocations without an outcome. */
  get open(): number {
    return this.#open;
  }

  /** @returns those of which it was not known: what a lost thread had claimed starts again */
  start(indices: readonly number[]): number[] {
    return indices.filter((index) => {
      const isNew = this.#started[index] === 0;
      this.#started[index] = 1;
      return isNew;
    });
  }

  /** @returns false if it was answered before */
  answer(index: number): boolean {
    if (this.#answered[index] !== 0) return false;
    this.#answered[index] = 1;
    this.#open -= 1;
    return true;
  }

  /** Unanswered, and in this phase. */
  *inPhase(phase: (typeof PHASE)[keyof typeof PHASE]): Generator<Entry> {
    for (const entry of this.entries) {
      if (this.#answered[entry.index] === 0 && this.shared.phase(entry.index) === phase) yield entry;
    }
  }

  waiting(): Entry[] {
    return Array.from(this.inPhase(PHASE.waiting));
  }

  /** Takes back what a lost thread had claimed. @returns what it had begun, and not answered */
  recover(threadId: number): Entry[] {
    const begun: Entry[] = [];
    for (const entry of this.entries) {
      if (this.#answered[entry.index] !== 0 || this.shared.owner(entry.index) !== threadId) continue;
      if (!this.shared.release(entry.index, threadId)) begun.push(entry);
    }
    return begun;
  }
}
