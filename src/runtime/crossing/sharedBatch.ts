/** Where an invocation of a batch stands; both sides of a thread's border read and change it in shared memory. */
export const PHASE = {
  /** Any thread may claim it, and the main thread may cancel it. */
  waiting: 0,
  /** A thread will call its handler. */
  claimed: 1,
  /** The handler was called. */
  running: 2,
  /** The thread has its outcome, or sent it. */
  ended: 3,
  cancelled: 4,
} as const;

const PHASES = 8;
const CELL_BYTES = Int32Array.BYTES_PER_ELEMENT;
const TIME_BYTES = Float64Array.BYTES_PER_ELEMENT;

/**
 * A batch in memory that all threads share: its bodies are copied once, whatever the number of threads that work on
 * them, and are still there when a thread is lost.
 *
 * ```
 * startedAt  Float64 × count   monotonic milliseconds, valid from `running` on
 * cells      Int32 × count     the claiming thread's id × 8 + phase
 * bodies     …                 as they came
 * ```
 *
 * Each invocation has a cell of its own, changed by compare-and-swap, rather than the batch one counter: so the main
 * thread can cancel, and what a lost thread had claimed but not begun can be claimed again.
 */
export class SharedBatch {
  readonly buffer: SharedArrayBuffer;
  readonly #startedAt: Float64Array;
  readonly #cells: Int32Array;
  readonly #bodiesOffset: number;

  /** @param buffer as another thread's SharedBatch of as many invocations has it */
  constructor(buffer: SharedArrayBuffer, count: number) {
    this.buffer = buffer;
    this.#startedAt = new Float64Array(buffer, 0, count);
    this.#cells = new Int32Array(buffer, count * TIME_BYTES, count);
    this.#bodiesOffset = headBytes(count);
  }

  static of(count: number, bodies: Uint8Array): SharedBatch {
    const batch = new SharedBatch(new SharedArrayBuffer(headBytes(count) + bodies.byteLength), count);
    new Uint8Array(batch.buffer, batch.#bodiesOffset).set(bodies);
    return batch;
  }

  /** A view, not a copy. */
  body(offset: number, size: number): Buffer {
    return Buffer.from(this.buffer, this.#bodiesOffset + offset, size);
  }

  /** waiting → claimed. @returns false if someone else was faster, or it was cancelled */
  claim(index: number, threadId: number): boolean {
    return this.#swap(index, PHASE.waiting, cell(threadId, PHASE.claimed));
  }

  /** claimed → running */
  begin(index: number, threadId: number, startedAt: number): void {
    this.#startedAt[index] = startedAt;
    Atomics.store(this.#cells, index, cell(threadId, PHASE.running));
  }

  /** → ended */
  end(index: number, threadId: number): void {
    Atomics.store(this.#cells, index, cell(threadId, PHASE.ended));
  }

  /** waiting → cancelled. @returns false if it is too late */
  cancel(index: number): boolean {
    return this.#swap(index, PHASE.waiting, PHASE.cancelled);
  }

  /** claimed → waiting, for what a lost thread had claimed. */
  release(index: number, threadId: number): boolean {
    return this.#swap(index, cell(threadId, PHASE.claimed), PHASE.waiting);
  }

  phase(index: number): number {
    return Atomics.load(this.#cells, index) % PHASES;
  }

  /** The thread that claimed it; 0 (the main thread, which claims nothing) for none. */
  owner(index: number): number {
    return Math.floor(Atomics.load(this.#cells, index) / PHASES);
  }

  startedAt(index: number): number {
    return this.#startedAt[index] ?? 0;
  }

  #swap(index: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#cells, index, from, to) === from;
  }
}

function headBytes(count: number): number {
  return count * (TIME_BYTES + CELL_BYTES);
}

function cell(threadId: number, phase: number): number {
  return threadId * PHASES + phase;
}
