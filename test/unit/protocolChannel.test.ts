import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Channel, type Message } from '../../src/protocol/channel.ts';
import { CHUNK_BYTES, encodeFrame, type Frame, FrameDecoder, WINDOW_BYTES } from '../../src/protocol/frames.ts';

/** One end of a connection whose bytes a test carries by hand, cut where it likes. */
class Wire extends Duplex {
  readonly writes: Buffer[] = [];
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk);
    done();
  }
}

class End {
  readonly wire = new Wire();
  readonly received: Message[] = [];
  readonly closed: (Error | undefined)[] = [];
  readonly channel: Channel;

  constructor(side: 'worker' | 'container', maxMessageBytes = 16 * 1024 * 1024) {
    this.channel = new Channel(this.wire, {
      side,
      maxMessageBytes,
      onMessage: (message) => this.received.push(message),
      onClose: (error) => this.closed.push(error),
    });
  }

  /** What it has written, as frames. */
  frames(): Frame[] {
    return new FrameDecoder().push(Buffer.concat(this.wire.writes));
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Carries bytes both ways until neither side has anything to say; `cut` tells how many bytes go at once. */
async function carry(a: End, b: End, cut: (available: number) => number = (available) => available): Promise<void> {
  for (;;) {
    await turn();
    const moved = [move(a, b, cut), move(b, a, cut)];
    if (!moved.includes(true)) return;
  }
}

function move(from: End, to: End, cut: (available: number) => number): boolean {
  const bytes = Buffer.concat(from.wire.writes.splice(0));
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, Math.min(cut(bytes.length - at), bytes.length - at));
    to.wire.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return bytes.length > 0;
}

function pattern(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 4096) bytes.writeUInt8((at / 4096 + seed) % 251, at);
  return bytes;
}

describe('a channel', () => {
  let worker: End;
  let container: End;

  beforeEach(() => {
    worker = new End('worker');
    container = new End('container');
  });

  test('opens odd streams for the worker and even ones for the container', () => {
    expect([worker.channel.openStream(), worker.channel.openStream()]).toEqual([1, 3]);
    expect([container.channel.openStream(), container.channel.openStream()]).toEqual([2, 4]);
  });

  test('sends what one turn has to say in one write', async () => {
    for (let index = 0; index < 50; index += 1) worker.channel.send(1, 'outcome', { index }, Buffer.from('result'));
    await turn();
    expect(worker.wire.writes).toHaveLength(1);
    await carry(worker, container);
    expect(container.received.map(({ header }) => header['index'])).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test('has no more than a window of a large payload under way', async () => {
    const payload = pattern(WINDOW_BYTES * 3, 1);
    worker.channel.send(1, 'outcome', { index: 0 }, payload);
    await turn();
    const sent = worker.frames().reduce((sum, frame) => sum + frame.payload.byteLength, 0);
    expect(sent).toBe(WINDOW_BYTES);
    await carry(worker, container);
    expect(container.received).toHaveLength(1);
    expect(payload.equals(container.received[0]?.payload ?? Buffer.alloc(0))).toBe(true);
  });

  test('lets small messages pass a large one, on other streams and on its own', async () => {
    worker.channel.send(1, 'outcome', { index: 0 }, pattern(WINDOW_BYTES * 2, 1));
    worker.channel.send(1, 'outcome', { index: 1 }, Buffer.from('small'));
    worker.channel.send(3, 'outcome', { index: 2 }, Buffer.from('other'));
    await carry(worker, container);
    expect(container.received.map(({ header }) => header['index'])).toEqual([1, 2, 0]);
  });

  test('keeps the last message of a stream the last', async () => {
    const large = pattern(WINDOW_BYTES * 2, 1);
    worker.channel.send(1, 'outcome', { index: 0 }, large);
    worker.channel.send(1, 'outcome', { index: 1 }, Buffer.from('small'));
    worker.channel.send(1, 'outcome', { index: 2 }, Buffer.from('last'), true);
    await carry(worker, container);
    expect(container.received.map(({ header, end }) => [header['index'], end])).toEqual([
      [1, false],
      [0, false],
      [2, true],
    ]);
    // and the stream is as good as new
    worker.channel.send(1, 'outcome', { index: 3 }, large, true);
    await carry(worker, container);
    expect(container.received[3]).toMatchObject({ header: { index: 3 }, end: true });
  });

  test('sends large messages of one stream one after another', async () => {
    const payloads = [1, 2, 3].map((seed) => pattern(WINDOW_BYTES + seed * CHUNK_BYTES, seed));
    for (const [index, payload] of payloads.entries()) worker.channel.send(1, 'outcome', { index }, payload);
    await carry(worker, container);
    expect(container.received.map(({ payload }, index) => payloads[index]?.equals(payload))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('sent() waits for what waits for credit', async () => {
    await worker.channel.sent();
    worker.channel.send(1, 'outcome', {}, pattern(WINDOW_BYTES * 2, 1));
    let isSent = false;
    const sent = worker.channel.sent().then(() => {
      isSent = true;
    });
    await turn();
    expect(isSent).toBe(false);
    await carry(worker, container);
    await sent;
    worker.channel.send(1, 'outcome', {}, pattern(WINDOW_BYTES * 2, 1));
    const ended = worker.channel.sent();
    worker.channel.destroy();
    await ended;
  });

  test('refuses a header that is too long without harm to what follows', async () => {
    const header = { text: 'x'.repeat(5 * 1024 * 1024) };
    expect(() => worker.channel.send(1, 'outcome', header)).toThrow('header of');
    expect(() => worker.channel.send(1, 'outcome', header, pattern(WINDOW_BYTES, 1))).toThrow('header of');
    worker.channel.send(1, 'outcome', { index: 1 }, pattern(WINDOW_BYTES * 2, 1), true);
    await carry(worker, container);
    expect(container.received.map(({ header: { index } }) => index)).toEqual([1]);
  });

  test('ends, with the reason, at what is no frame', async () => {
    container.wire.push(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await turn();
    expect(container.closed).toEqual([expect.objectContaining({ name: 'FrameError' })]);
    expect(container.wire.destroyed).toBe(true);
  });

  test.each([
    ['credit for nothing', { type: 'credit', header: { bytes: 1 } }],
    ['credit without a number', { type: 'credit', header: {} }],
    ['the middle of a message without its beginning', { type: 'data', header: {} }],
  ] as const)('ends at %s', async (_, { type, header }) => {
    container.wire.push(
      Buffer.concat(encodeFrame({ stream: 1, type, more: false, end: false, header, payload: Buffer.alloc(0) })),
    );
    await turn();
    expect(container.closed).toEqual([expect.objectContaining({ name: 'FrameError' })]);
  });

  test('ends at a message that is larger than allowed, cut or whole', async () => {
    for (const size of [300_000, 2_000]) {
      const small = new End('container', size - 1);
      const sender = new End('worker');
      sender.channel.send(1, 'invoke', {}, pattern(size, 1));
      await carry(sender, small);
      expect(small.received).toEqual([]);
      expect(small.closed).toEqual([expect.objectContaining({ name: 'FrameError' })]);
    }
  });

  test('tells an end inside a frame from an orderly one', async () => {
    const bytes = Buffer.concat(
      encodeFrame({ stream: 1, type: 'stop', more: false, end: true, header: {}, payload: Buffer.alloc(0) }),
    );
    container.wire.push(bytes.subarray(0, 10));
    container.wire.push(null);
    worker.wire.push(bytes);
    worker.wire.push(null);
    await turn();
    await turn();
    expect(container.closed).toEqual([expect.objectContaining({ name: 'FrameError' })]);
    expect(worker.closed).toEqual([undefined]);
    expect(worker.received).toHaveLength(1);
  });

  test('drops what is sent after its end, and delivers nothing', async () => {
    worker.channel.send(1, 'stats', {});
    worker.channel.close();
    worker.channel.close();
    worker.channel.send(1, 'stats', {});
    worker.wire.push(
      Buffer.concat(
        encodeFrame({ stream: 2, type: 'hello', more: false, end: false, header: {}, payload: Buffer.alloc(0) }),
      ),
    );
    await turn();
    expect(worker.frames()).toHaveLength(1);
    expect(worker.received).toEqual([]);
    expect(worker.closed).toEqual([undefined]);
  });
});

/** What one side sends: which stream (of three), how large, and whether it says so in a turn of its own. */
const sending = fc.record({
  stream: fc.integer({ min: 0, max: 2 }),
  size: fc.oneof(fc.nat(300), fc.integer({ min: CHUNK_BYTES - 2, max: CHUNK_BYTES + 2 }), fc.nat(WINDOW_BYTES * 2)),
  ownTurn: fc.boolean(),
});

test('whatever is sent arrives whole and once, however the bytes are cut; large messages of a stream in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(sending, { maxLength: 12 }),
      fc.array(sending, { maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 100_000 })),
      async (fromWorker, fromContainer, cuts) => {
        const worker = new End('worker');
        const container = new End('container');
        const cut = (): number => cuts.next().value;
        const sides = [
          [worker, fromWorker],
          [container, fromContainer],
        ] as const;
        for (const [end, sendings] of sides) {
          for (const [index, { stream, size, ownTurn }] of sendings.entries()) {
            if (ownTurn) await turn();
            const isLast = !sendings.slice(index + 1).some((later) => later.stream === stream);
            end.channel.send(stream, 'outcome', { index }, pattern(size, index), isLast);
          }
        }
        await carry(worker, container, cut);
        expectArrived(container.received, fromWorker);
        expectArrived(worker.received, fromContainer);
        expect([...worker.closed, ...container.closed]).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

function expectArrived(received: readonly Message[], sent: readonly { stream: number; size: number }[]): void {
  const indices = received.map(({ header }) => Number(header['index']));
  expect(indices.toSorted((a, b) => a - b)).toEqual(sent.map((_, index) => index));
  for (const [place, message] of received.entries()) {
    const index = indices[place] ?? -1;
    expect(message.stream).toBe(sent[index]?.stream);
    expect(message.payload.byteLength).toBe(sent[index]?.size);
    expect(Buffer.compare(message.payload, pattern(message.payload.byteLength, index))).toBe(0);
    const later = received.slice(place + 1).filter(({ stream }) => stream === message.stream);
    // END and nothing after it
    expect(message.end).toBe(later.length === 0);
  }
  for (const stream of [0, 1, 2]) {
    for (const isOfClass of [(size: number) => size > CHUNK_BYTES, (size: number) => size <= CHUNK_BYTES]) {
      const order = received
        .filter((message) => message.stream === stream && isOfClass(message.payload.byteLength))
        .map(({ header }) => Number(header['index']));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  }
}

describe('over a real socket', () => {
  let directory: string;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faasbatch-channel-'));
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await rm(directory, { recursive: true, force: true });
  });

  test('20 MB go one way while small messages go both', async () => {
    const path = join(directory, 's');
    const server = createServer().listen(path);
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const dialled = connect(path);
    const [served] = await accepted;
    sockets.push(dialled, served);
    server.close();
    const large = pattern(20 * 1024 * 1024, 7);
    let passed = 0;
    await new Promise<void>((resolve, reject) => {
      const left = new Channel(dialled, {
        side: 'container',
        maxMessageBytes: large.length,
        onMessage: ({ stream, header }) => left.send(stream, 'outcome', header),
        onClose: (error) => error && reject(error),
      });
      const right: Channel = new Channel(served, {
        side: 'worker',
        maxMessageBytes: large.length,
        onMessage: ({ header, payload }) => {
          if (header['name'] === 'small') {
            passed += 1;
            right.send(1, 'invoke', header);
          } else if (large.equals(payload)) resolve();
          else reject(new Error('the large payload is not what was sent'));
        },
        onClose: (error) => error && reject(error),
      });
      left.send(2, 'outcome', { name: 'large' }, large);
      right.send(1, 'invoke', { name: 'small' });
    });
    expect(passed).toBeGreaterThan(10);
  });
});
