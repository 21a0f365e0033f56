/**
 * The frame format between worker and container (protocol version 1).
 *
 * ```
 * offset  size  field
 * 0       4     length     big-endian, of everything after this field
 * 4       4     stream     big-endian; the worker opens odd streams, the container even ones
 * 8       1     type       see FRAME_TYPES
 * 9       1     flags      MORE = 1: the payload goes on in `data` frames; END = 2: the sender's last message here
 * 10      4     header     big-endian, bytes of JSON that follow
 * 14      …     header     JSON object, UTF-8
 * …       …     payload    the rest, as it came
 * ```
 *
 * A payload longer than CHUNK_BYTES is cut: the first frame carries the header and the first chunk, `data` frames on
 * the same stream carry the rest, all but the last with MORE. On one stream and in one direction one message at a
 * time is cut; whole messages may pass between its chunks, except the sender's last, which waits. A sender has at most
 * WINDOW_BYTES of cut payload under way on a stream and goes on as `credit` frames (`{"bytes": n}`) return. README.md
 * beside this file has the messages.
 */
export const PROTOCOL_VERSION = 1;
export const CHUNK_BYTES = 64 * 1024;
export const WINDOW_BYTES = 4 * CHUNK_BYTES;
const HEAD_BYTES = 14;
/** Enough to name more than 10,000 invocations. */
export const MAX_HEADER_BYTES = 4 * 1024 * 1024;
const MAX_FRAME_BYTES = HEAD_BYTES + MAX_HEADER_BYTES + CHUNK_BYTES;

const FLAG_MORE = 1;
const FLAG_END = 2;

export const FRAME_TYPES = {
  hello: 1,
  init: 2,
  ready: 3,
  failed: 4,
  invoke: 5,
  started: 6,
  outcome: 7,
  cancel: 8,
  stats: 9,
  stop: 10,
  data: 11,
  credit: 12,
  /** Reserved for workflows. */
  get: 13,
  put: 14,
  emit: 15,
} as const;

export type FrameType = keyof typeof FRAME_TYPES;

const TYPE_NAMES = new Map<number, FrameType>(
  Object.entries(FRAME_TYPES).map(([name, code]) => [code, name as FrameType]),
);

export interface Frame {
  readonly stream: number;
  readonly type: FrameType;
  readonly more: boolean;
  readonly end: boolean;
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Uint8Array;
}

/** What a peer sent is no frame of this protocol: the connection is of no more use. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const NO_HEADER = Buffer.from('{}');

/**
 * @returns the frame's head (with its JSON header) and, where there is one, its payload: not copied.
 * @throws FrameError for a header that the other side would have to refuse
 */
export function encodeFrame(frame: Frame): Uint8Array[] {
  const header = frame.type === 'data' ? NO_HEADER : Buffer.from(JSON.stringify(frame.header));
  if (header.length > MAX_HEADER_BYTES) {
    throw new FrameError(`${frame.type}: header of ${header.length} bytes, at most ${MAX_HEADER_BYTES}`);
  }
  const head = Buffer.allocUnsafe(HEAD_BYTES + header.length);
  head.writeUInt32BE(HEAD_BYTES - 4 + header.length + frame.payload.byteLength, 0);
  head.writeUInt32BE(frame.stream, 4);
  head.writeUInt8(FRAME_TYPES[frame.type], 8);
  head.writeUInt8((frame.more ? FLAG_MORE : 0) | (frame.end ? FLAG_END : 0), 9);
  head.writeUInt32BE(header.length, 10);
  head.set(header, HEAD_BYTES);
  return frame.payload.byteLength === 0 ? [head] : [head, frame.payload];
}

/** Cuts a byte stream into frames; keeps what is incomplete. */
export class FrameDecoder {
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Until this many are held there is nothing to decode: long frames are put together once, not at each read. */
  #neededBytes = HEAD_BYTES;

  /** Bytes of a frame that has not ended. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * @returns the frames that are complete with these bytes, in order; their payloads are views, not copies.
   * @throws FrameError
   */
  push(bytes: Buffer): Frame[] {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes < this.#neededBytes) return [];
    let buffer = this.#held.length === 1 ? bytes : Buffer.concat(this.#held);
    const frames: Frame[] = [];
    this.#neededBytes = HEAD_BYTES;
    while (buffer.length >= HEAD_BYTES) {
      const length = buffer.readUInt32BE(0) + 4;
      if (length > MAX_FRAME_BYTES || length < HEAD_BYTES) throw new FrameError(`frame of ${length} bytes`);
      this.#neededBytes = length;
      if (buffer.length < length) break;
      frames.push(decodeFrame(buffer.subarray(0, length)));
      buffer = buffer.subarray(length);
      this.#neededBytes = HEAD_BYTES;
    }
    this.#held = buffer.length === 0 ? [] : [buffer];
    this.#heldBytes = buffer.length;
    return frames;
  }
}

function decodeFrame(bytes: Buffer): Frame {
  const type = TYPE_NAMES.get(bytes.readUInt8(8));
  if (type === undefined) throw new FrameError(`unknown frame type ${bytes.readUInt8(8)}`);
  const headerEnd = HEAD_BYTES + bytes.readUInt32BE(10);
  if (headerEnd > bytes.length) throw new FrameError(`header ends at ${headerEnd}, frame at ${bytes.length}`);
  if (bytes.length - headerEnd > CHUNK_BYTES) {
    throw new FrameError(`payload of ${bytes.length - headerEnd} bytes in one frame, at most ${CHUNK_BYTES}`);
  }
  const flags = bytes.readUInt8(9);
  return {
    stream: bytes.readUInt32BE(4),
    type,
    more: (flags & FLAG_MORE) !== 0,
    end: (flags & FLAG_END) !== 0,
    header: parseHeader(bytes.toString('utf8', HEAD_BYTES, headerEnd)),
    payload: bytes.subarray(headerEnd),
  };
}

function parseHeader(text: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new FrameError('header is no JSON', { cause });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new FrameError('header is no JSON object');
  }
  return header as Record<string, unknown>;
}
