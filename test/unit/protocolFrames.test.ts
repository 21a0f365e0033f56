import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CHUNK_BYTES,
  encodeFrame,
  FRAME_TYPES,
  type Frame,
  FrameDecoder,
  FrameError,
  type FrameType,
  MAX_HEADER_BYTES,
} from '../../src/protocol/frames.ts';

interface Vectors {
  readonly frames: readonly { name: string; frame: Omit<Frame, 'payload'> & { payload: string }; bytes: string }[];
  readonly invalid: readonly { name: string; bytes: string }[];
}

const vectorsFile = join(import.meta.dirname, '../../src/protocol/vectors.json');
const vectors = JSON.parse(readFileSync(vectorsFile, 'utf8')) as Vectors;

function encoded(frame: Frame): Buffer {
  return Buffer.concat(encodeFrame(frame));
}

function plain(frame: Frame): unknown {
  return { ...frame, payload: Buffer.from(frame.payload).toString('hex') };
}

describe('the test vectors of src/protocol/vectors.json', () => {
  test.each(vectors.frames)('$name', ({ frame, bytes }) => {
    expect(encoded({ ...frame, payload: Buffer.from(frame.payload, 'hex') }).toString('hex')).toBe(bytes);
    const [decoded, ...others] = new FrameDecoder().push(Buffer.from(bytes, 'hex'));
    expect(others).toEqual([]);
    expect(decoded && plain(decoded)).toEqual(frame);
  });

  test.each(vectors.invalid)('refused: $name', ({ bytes }) => {
    expect(() => new FrameDecoder().push(Buffer.from(bytes, 'hex'))).toThrow(FrameError);
  });

  test('are decoded from one stream, in order', () => {
    const stream = Buffer.from(vectors.frames.map(({ bytes }) => bytes).join(''), 'hex');
    expect(new FrameDecoder().push(stream).map(plain)).toEqual(vectors.frames.map(({ frame }) => frame));
  });
});

const frame: fc.Arbitrary<Frame> = fc.record({
  stream: fc.nat(0xffff_ffff),
  type: fc.constantFrom(...(Object.keys(FRAME_TYPES) as FrameType[])).filter((type) => type !== 'data'),
  more: fc.boolean(),
  end: fc.boolean(),
  header: fc.dictionary(fc.string({ unit: 'binary' }), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
  payload: fc.uint8Array({ maxLength: 200 }),
});

describe('FrameDecoder', () => {
  test('finds the same frames wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(2_000)), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(encoded));
        const decoder = new FrameDecoder();
        const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b), stream.length];
        const found = places.flatMap((place, index) =>
          decoder.push(stream.subarray(place, places[index + 1] ?? place)),
        );
        expect(found.map(plain)).toEqual(frames.map((sent) => plain({ ...sent, header: { ...sent.header } })));
        expect(decoder.heldBytes).toBe(0);
      }),
    );
  });

  test('tells how much of a frame it holds', () => {
    const decoder = new FrameDecoder();
    const bytes = encoded({ stream: 1, type: 'stop', more: false, end: false, header: {}, payload: Buffer.alloc(0) });
    expect(decoder.push(bytes.subarray(0, 9))).toEqual([]);
    expect(decoder.heldBytes).toBe(9);
    expect(decoder.push(bytes.subarray(9))).toHaveLength(1);
    expect(decoder.heldBytes).toBe(0);
  });

  test('puts a long header together from many reads', () => {
    const indices = Array.from({ length: 200_000 }, (_, index) => index);
    const bytes = encoded({
      stream: 1,
      type: 'started',
      more: false,
      end: false,
      header: { indices },
      payload: Buffer.alloc(0),
    });
    const decoder = new FrameDecoder();
    const found: Frame[] = [];
    for (let at = 0; at < bytes.length; at += 1_000) found.push(...decoder.push(bytes.subarray(at, at + 1_000)));
    expect(found.map(({ header }) => header['indices'])).toEqual([indices]);
  });

  test('refuses a payload that should have been cut', () => {
    const payload = Buffer.alloc(CHUNK_BYTES + 1);
    const bytes = encoded({ stream: 1, type: 'invoke', more: false, end: false, header: {}, payload });
    expect(() => new FrameDecoder().push(bytes)).toThrow(`at most ${CHUNK_BYTES}`);
  });
});

test('a header that the other side would refuse is not sent', () => {
  const header = { text: 'x'.repeat(MAX_HEADER_BYTES) };
  expect(() =>
    encodeFrame({ stream: 1, type: 'outcome', more: false, end: false, header, payload: Buffer.alloc(0) }),
  ).toThrow(FrameError);
});
