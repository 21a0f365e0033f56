const MAX_AHEAD_CALLS = 4096;
const MAX_AHEAD_BYTES = 32 * 1024 * 1024;
/** Encoded in one go: small, as a call may fall due meanwhile. */
const SLICE_CALLS = 64;

/** The bodies of the next calls, encoded before they fall due; bounded, so that a long schedule fits in memory. */
export class BodyWindow {
  readonly #events: readonly { readonly event: unknown }[];
  readonly #encoded = new Map<number, Buffer>();
  #bytes = 0;
  #end = 0;

  constructor(events: readonly { readonly event: unknown }[]) {
    this.#events = events;
  }

  /** Encodes a slice of what comes next. @returns whether there is room, and something, for another slice */
  fill(): boolean {
    for (let count = 0; count < SLICE_CALLS && this.#hasRoom; count += 1) {
      const body = encode(this.#events[this.#end]?.event);
      this.#encoded.set(this.#end, body);
      this.#bytes += body.length;
      this.#end += 1;
    }
    return this.#hasRoom;
  }

  /** The body of a call; each is taken once, in order. */
  take(index: number): Buffer {
    const body = this.#encoded.get(index);
    if (body === undefined) {
      this.#end = Math.max(this.#end, index + 1);
      return encode(this.#events[index]?.event);
    }
    this.#encoded.delete(index);
    this.#bytes -= body.length;
    return body;
  }

  get #hasRoom(): boolean {
    return this.#end < this.#events.length && this.#encoded.size < MAX_AHEAD_CALLS && this.#bytes < MAX_AHEAD_BYTES;
  }
}

function encode(event: unknown): Buffer {
  return Buffer.from(JSON.stringify(event ?? null));
}
