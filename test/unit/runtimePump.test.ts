import { MessageChannel, type MessagePort } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { BatchTask, ThreadReport } from '../../src/runtime/crossing/messages.ts';
import { SharedBatch } from '../../src/runtime/crossing/sharedBatch.ts';
import type { Claim } from '../../src/runtime/thread/call.ts';
import { Pump } from '../../src/runtime/thread/pump.ts';
import { Reports } from '../../src/runtime/thread/reports.ts';

const ports: MessagePort[] = [];

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function batchOf(stream: number, count: number): { task: BatchTask; shared: SharedBatch } {
  const shared = SharedBatch.of(count, Buffer.alloc(0));
  const entries = Array.from({ length: count }, (_, index) => {
    return { index, id: `${stream}:${index}`, contentType: '', offset: 0, size: 0 };
  });
  return { shared, task: { stream, shared: shared.buffer, count, entries } };
}

/** A thread's pump without the thread; what it would run, a test ends by hand or in so many turns. */
class FakeThread {
  readonly ran: string[] = [];
  readonly started: string[] = [];
  underWay = 0;
  most = 0;
  readonly pump: Pump;

  constructor(threadId: number, limit: number, greedy: boolean, run: (claim: Claim) => Promise<void>) {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    port2.on('message', ({ started = [] }: ThreadReport) => {
      for (const { stream, indices } of started) this.started.push(...indices.map((index) => `${stream}:${index}`));
    });
    const reports = new Reports(port1, () => 0);
    this.pump = new Pump({
      threadId,
      limit,
      greedy,
      reports,
      journal: undefined,
      run: async (claim) => {
        this.ran.push(claim.entry.id);
        this.underWay += 1;
        this.most = Math.max(this.most, this.underWay);
        await run(claim);
        this.underWay -= 1;
      },
    });
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('Pump', () => {
  test('runs every invocation once, whichever threads take part, within each limit', async () => {
    const shape = fc.record({
      limits: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      greedy: fc.boolean(),
      sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
      durations: fc.infiniteStream(fc.nat(3)),
      cancelled: fc.array(fc.nat(11), { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ limits, greedy, sizes, durations, cancelled }) => {
        const threads = limits.map(
          (limit, place) => new FakeThread(place + 1, limit, greedy, () => turns(durations.next().value)),
        );
        const batches = sizes.map((size, stream) => batchOf(stream, size));
        const expected = new Set<string>();
        for (const { shared, task } of batches) {
          for (const { index, id } of task.entries) {
            if (cancelled.includes(index)) shared.cancel(index);
            else expected.add(id);
          }
        }
        await Promise.all(threads.flatMap(({ pump }) => batches.map(({ task }) => pump.take(task))));
        const ran = threads.flatMap((thread) => thread.ran);
        expect(ran).toHaveLength(expected.size);
        expect(new Set(ran)).toEqual(expected);
        for (const [place, thread] of threads.entries()) expect(thread.most).toBeLessThanOrEqual(limits[place] ?? 0);
      }),
      { numRuns: 60 },
    );
  });

  test('keeps to the order of arrival, over batches', async () => {
    const thread = new FakeThread(1, 1, true, () => turns(1));
    const batches = [batchOf(1, 3), batchOf(3, 2)];
    await Promise.all(batches.map(({ task }) => thread.pump.take(task)));
    expect(thread.ran).toEqual(['1:0', '1:1', '1:2', '3:0', '3:1']);
  });

  test('claims one at a time unless it is the only thread', async () => {
    const forever = () => new Promise<void>(() => {});
    const shy = new FakeThread(1, 8, false, forever);
    const greedy = new FakeThread(2, 8, true, forever);
    void shy.pump.take(batchOf(1, 20).task);
    void greedy.pump.take(batchOf(3, 20).task);
    await turns(1);
    expect([shy.underWay, greedy.underWay]).toEqual([1, 8]);
    await expect.poll(() => shy.underWay).toBe(8);
    await turns(20);
    expect([shy.most, greedy.most]).toEqual([8, 8]);
    await expect.poll(() => shy.started.length + greedy.started.length).toBe(16);
  });
});
