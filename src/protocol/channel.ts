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

/** A message too large for one frame, on its way out. */
interface Cut {
  readonly type: FrameType;
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Uint8Array;
  readonly end: boolean;
  offset: number;
}

/** What one stream has under way, out and in. */
interface StreamState {
  /** The first is being sent, the others wait for it. */
  readonly cuts: Cut[];
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

  constructor(socket: Duplex, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#nextStream = options.side === 'worker' ? 1 : 2;
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', (error) => this.#shut(error));
    socket.on('end', () => this.#shut(undefined));
    socket.on('close', () => this.#shut(undefined));
  }

  openStream(): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    return stream;
  }

  send(
    stream: number,
    type: FrameType,
    header: Readonly<Record<string, unknown>>,
    payload: Uint8Array = NO_PAYLOAD,
    end = false,
  ): void {
    if (payload.byteLength <= CHUNK_BYTES) {
      this.#write({ stream, type, more: false, end, header, payload });
      return;
    }
    const { cuts } = this.#state(stream);
    cuts.push({ type, header, payload, end, offset: 0 });
    if (cuts.length === 1) this.#sendChunks(stream);
  }

  /** Sends what is pending, then ends the connection. Cut messages that still wait for credit are lost. */
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
      const payload = cut.payload.subarray(cut.offset, cut.offset + CHUNK_BYTES);
      const type = cut.offset === 0 ? cut.type : 'data';
      cut.offset += payload.byteLength;
      const more = cut.offset < cut.payload.byteLength;
      this.#write({ stream, type, more, end: cut.end && !more, header: type === 'data' ? {} : cut.header, payload });
      state.uncreditedBytes += payload.byteLength;
      if (!more) state.cuts.shift();
    }
  }

  #write(frame: Frame): void {
    if (this.#closed) return;
    this.#pending.push(...encodeFrame(frame));
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
      const state = this.#state(frame.stream);
      state.uncreditedBytes -= Number(frame.header['bytes']);
      this.#sendChunks(frame.stream);
      this.#forgetIfIdle(frame.stream, state);
    } else if (frame.more || frame.type === 'data') {
      this.#assemble(frame);
    } else {
      this.#options.onMessage(frame);
    }
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
    if (assembly.bytes > this.#options.maxMessageBytes) {
      throw new FrameError(`message of more than ${this.#options.maxMessageBytes} bytes`);
    }
    this.#write({
      stream: frame.stream,
      type: 'credit',
      more: false,
      end: false,
      header: { bytes: frame.payload.byteLength },
      payload: NO_PAYLOAD,
    });
    if (frame.more) return;
    state.assembly = undefined;
    this.#forgetIfIdle(frame.stream, state);
    const { stream, type, header } = assembly.first;
    this.#options.onMessage({ stream, type, end: frame.end, header, payload: Buffer.concat(assembly.chunks) });
  }

  #forgetIfIdle(stream: number, state: StreamState): void {
    if (state.cuts.length === 0 && state.uncreditedBytes <= 0 && state.assembly === undefined) {
      this.#streams.delete(stream);
    }
  }

  #shut(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#streams.clear();
    this.#pending = [];
    this.#options.onClose(error);
  }
}
