import type { Duplex } from 'node:stream';
import { asError } from './errors.ts';
import {
  CHUNK_BYTES,
  encodeFrame,
  type Frame,
  FrameDecoder,
  FrameError,
  type FrameType,
  WINDOW_BYTES,
} from './frames.ts';

/** A whole message: its cut payload put together again. */
export interface Message {
  readonly stream: number;
  readonly type: FrameType;
  /** The sender's last message on this stream. */
  readonly end: boolean;
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Uint8Array;
}

export interface ChannelOptions {
  readonly side: 'worker' | 'container';
  /** A larger message from the peer ends the connection with a FrameError. */
  readonly maxMessageBytes: number;
  readonly onMessage: (message: Message) => void;
  /** Called once, when the connection is gone; with the reason if it was not an orderly end. */
  readonly onClose: (error: Error | undefined) => void;
}

/** A message too large for one frame, or the sender's last behind such a one, on its way out. */
interface Cut {
  readonly stream: number;
  /** Encoded when it was sent, so that a header that cannot go is the sender's error. */
  readonly first: readonly Uint8Array[];
  readonly payload: Uint8Array;
  readonly end: boolean;
  offset: number;
}

/** What one stream has under way, out and in. */
interface StreamState {
  /** The first is being sent, the others wait for it. */
  readonly cuts: Cut[];
  /** Cut payload that was sent and that the peer has not yet taken in. */
  uncreditedBytes: number;
  assembly: { readonly first: Frame; readonly chunks: Uint8Array[]; bytes: number } | undefined;
}

const NO_PAYLOAD = new Uint8Array(0);

/**
 * Messages over one byte stream. What is sent in one event-loop turn leaves in one write; a large payload goes in
 * chunks against credit, so that small messages pass between them.
 *
 * open → closed: by close(), by the peer's end, by an error, or by anything that is no frame.
 * Nothing is delivered after onClose, and what is sent after it is dropped.
 */
export class Channel {
  readonly #socket: Duplex;
  readonly #options: ChannelOptions;
  readonly #decoder = new FrameDecoder();
  readonly #streams = new Map<number, StreamState>();
  #pending: Uint8Array[] = [];
  #flushScheduled = false;
  #nextStream: number;
  #closed = false;
  /** Streams on which a message waits for credit. */
  readonly #waiting = new Set<number>();
  #onSent: (() => void)[] = [];

  constructor(socket: Duplex, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#nextStream = options.side === 'worker' ? 1 : 2;
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', (error) => this.#shut(error));
    socket.on('end', () => this.#ended());
    socket.on('close', () => this.#shut(undefined));
  }

  openStream(): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    return stream;
  }

  /**
   * Whole messages overtake a message that is still being cut up; the sender's last on the stream (`end`) does not.
   * @throws FrameError for a header longer than MAX_HEADER_BYTES
   */
  send(
    stream: number,
    type: FrameType,
    header: Readonly<Record<string, unknown>>,
    payload: Uint8Array = NO_PAYLOAD,
    end = false,
  ): void {
    if (this.#closed) return;
    const more = payload.byteLength > CHUNK_BYTES;
    const first = encodeFrame({
      stream,
      type,
      more,
      end: end && !more,
      header,
      payload: payload.subarray(0, CHUNK_BYTES),
    });
    if (!more && !(end && this.#waiting.has(stream))) {
      this.#write(first);
      return;
    }
    const { cuts } = this.#state(stream);
    cuts.push({ stream, first, payload, end, offset: 0 });
    if (cuts.length === 1) this.#sendChunks(stream);
  }

  /** Resolves when no message waits for credit any more, or the connection is gone. */
  async sent(): Promise<void> {
    if (this.#closed || this.#waiting.size === 0) return;
    await new Promise<void>((resolve) => this.#onSent.push(resolve));
  }

  /** Sends what is pending, then ends the connection. Messages that wait for credit are lost: await `sent()` first. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#socket.end();
    this.#shut(undefined);
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy();
    this.#shut(undefined);
  }

  #state(stream: number): StreamState {
    let state = this.#streams.get(stream);
    if (state === undefined) {
      state = { cuts: [], uncreditedBytes: 0, assembly: undefined };
      this.#streams.set(stream, state);
    }
    return state;
  }

  #sendChunks(stream: number): void {
    const state = this.#state(stream);
    for (let cut = state.cuts[0]; cut !== undefined && state.uncreditedBytes < WINDOW_BYTES; cut = state.cuts[0]) {
      const { byteLength } = cut.payload;
      this.#write(cut.offset === 0 ? cut.first : nextChunk(cut));
      const sent = Math.min(CHUNK_BYTES, byteLength - cut.offset);
      cut.offset += sent;
      // Only what is put together again is credited.
      if (byteLength > CHUNK_BYTES) state.uncreditedBytes += sent;
      if (cut.offset === byteLength) state.cuts.shift();
    }
    if (state.cuts.length > 0) this.#waiting.add(stream);
    else if (this.#waiting.delete(stream) && this.#waiting.size === 0) this.#tellSent();
  }

  #tellSent(): void {
    const resolves = this.#onSent;
    this.#onSent = [];
    for (const resolve of resolves) resolve();
  }

  #write(frame: readonly Uint8Array[]): void {
    this.#pending.push(...frame);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushScheduled = false;
    const [first, ...others] = this.#pending;
    if (this.#closed || first === undefined) return;
    this.#socket.write(others.length === 0 ? first : Buffer.concat(this.#pending));
    this.#pending = [];
  }

  #receive(bytes: Buffer): void {
    try {
      for (const frame of this.#decoder.push(bytes)) {
        if (this.#closed) return;
        this.#accept(frame);
      }
    } catch (thrown) {
      this.#socket.destroy();
      this.#shut(asError(thrown));
    }
  }

  #accept(frame: Frame): void {
    if (frame.type === 'credit') {
      this.#credit(frame);
    } else if (frame.more || frame.type === 'data') {
      this.#assemble(frame);
    } else {
      this.#checkSize(frame.payload.byteLength);
      this.#options.onMessage(frame);
    }
  }

  #credit({ stream, header }: Frame): void {
    const state = this.#state(stream);
    const bytes = header['bytes'];
    if (typeof bytes !== 'number' || !(bytes > 0) || bytes > state.uncreditedBytes) {
      throw new FrameError(`stream ${stream}: credit of ${String(bytes)} bytes for ${state.uncreditedBytes} sent`);
    }
    state.uncreditedBytes -= bytes;
    this.#sendChunks(stream);
    this.#forgetIfIdle(stream, state);
  }

  #checkSize(bytes: number): void {
    const { maxMessageBytes } = this.#options;
    if (bytes > maxMessageBytes) throw new FrameError(`message of more than ${maxMessageBytes} bytes`);
  }

  #assemble(frame: Frame): void {
    const state = this.#state(frame.stream);
    if ((frame.type === 'data') !== (state.assembly !== undefined)) {
      throw new FrameError(
        `stream ${frame.stream}: a cut message began inside another, or went on without a beginning`,
      );
    }
    state.assembly ??= { first: frame, chunks: [], bytes: 0 };
    const assembly = state.assembly;
    assembly.chunks.push(frame.payload);
    assembly.bytes += frame.payload.byteLength;
    this.#checkSize(assembly.bytes);
    this.#write(encodeFrame(creditFrame(frame)));
    if (frame.more) return;
    state.assembly = undefined;
    this.#forgetIfIdle(frame.stream, state);
    const { stream, type, header } = assembly.first;
    this.#options.onMessage({ stream, type, end: frame.end, header, payload: Buffer.concat(assembly.chunks) });
  }

  #forgetIfIdle(stream: number, state: StreamState): void {
    if (state.cuts.length === 0 && state.uncreditedBytes === 0 && state.assembly === undefined) {
      this.#streams.delete(stream);
    }
  }

  #ended(): void {
    const { heldBytes } = this.#decoder;
    this.#shut(heldBytes === 0 ? undefined : new FrameError(`the connection ended ${heldBytes} bytes into a frame`));
  }

  #shut(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#streams.clear();
    this.#waiting.clear();
    this.#pending = [];
    this.#tellSent();
    this.#options.onClose(error);
  }
}

function nextChunk({ stream, payload, end, offset }: Cut): Uint8Array[] {
  const more = offset + CHUNK_BYTES < payload.byteLength;
  const chunk = payload.subarray(offset, offset + CHUNK_BYTES);
  return encodeFrame({ stream, type: 'data', more, end: end && !more, header: {}, payload: chunk });
}

function creditFrame({ stream, payload }: Frame): Frame {
  const header = { bytes: payload.byteLength };
  return { stream, type: 'credit', more: false, end: false, header, payload: NO_PAYLOAD };
}
