import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../lib/entry.ts';
import { PACER_WORDS, type PacerData } from './pacerControl.ts';

export interface PacerHandlers {
  /** So many calls, counted from the schedule's start, are due. Only grows; a due call is never announced early. */
  readonly onDue: (count: number) => void;
  readonly onError: (error: unknown) => void;
}

/** Tells when calls fall due, from a thread that does nothing else. ready → begun → closed. */
export class Pacer {
  readonly #thread: Worker;
  readonly #control: Int32Array;
  readonly #exited: Promise<unknown>;

  private constructor(thread: Worker, control: Int32Array, { onDue, onError }: PacerHandlers) {
    this.#thread = thread;
    this.#control = control;
    this.#exited = new Promise((resolve) => thread.once('exit', resolve));
    thread.on('error', onError);
    thread.on('message', () => {
      // Lowered before reading: what falls due from here on rings again.
      Atomics.store(control, PACER_WORDS.rung, 0);
      if (Atomics.load(control, PACER_WORDS.stop) === 0) onDue(Atomics.load(control, PACER_WORDS.due));
    });
  }

  /** Starts the thread, and waits until it listens. @param offsetsMs milliseconds after the epoch, ascending */
  static async open(offsetsMs: ArrayLike<number>, handlers: PacerHandlers): Promise<Pacer> {
    const control = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * 3));
    const shared = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT * offsetsMs.length));
    shared.set(offsetsMs);
    const data: PacerData = { offsetsMs: shared, control };
    const thread = startThread(import.meta.url, './pacerThread', data);
    await once(thread, 'message');
    return new Pacer(thread, control, handlers);
  }

  /** @param epoch the schedule's zero, monotonic milliseconds */
  begin(epoch: number): void {
    this.#thread.postMessage(epoch);
  }

  /** Announces nothing from now on. Idempotent. */
  async close(): Promise<void> {
    Atomics.store(this.#control, PACER_WORDS.stop, 1);
    Atomics.notify(this.#control, PACER_WORDS.stop);
    await this.#thread.terminate();
    await this.#exited;
  }
}
