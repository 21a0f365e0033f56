import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PHASE, SharedBatch } from '../../src/runtime/crossing/sharedBatch.ts';

describe('SharedBatch', () => {
  test('shows the same bodies and states to everyone who has its buffer', () => {
    const batch = SharedBatch.of(3, Buffer.from('onetwothree'));
    const seen = new SharedBatch(batch.buffer, 3);
    expect(seen.body(3, 3).toString()).toBe('two');
    expect(batch.claim(1, 7)).toBe(true);
    expect(seen.claim(1, 8)).toBe(false);
    expect([seen.owner(0), seen.owner(1), seen.phase(1)]).toEqual([0, 7, PHASE.claimed]);
    batch.begin(1, 7, 1234.5);
    expect([seen.phase(1), seen.startedAt(1)]).toEqual([PHASE.running, 1234.5]);
    batch.end(1, 7);
    expect([seen.phase(1), seen.owner(1)]).toEqual([PHASE.ended, 7]);
  });

  test('cancels only what waits, and never hands it out afterwards', () => {
    const batch = SharedBatch.of(2, Buffer.alloc(0));
    batch.claim(0, 1);
    expect([batch.cancel(0), batch.cancel(1), batch.cancel(1)]).toEqual([false, true, false]);
    expect(batch.claim(1, 1)).toBe(false);
  });

  test('takes back from a lost thread what it had claimed and not begun', () => {
    const batch = SharedBatch.of(3, Buffer.alloc(0));
    for (const index of [0, 1]) batch.claim(index, 4);
    batch.claim(2, 5);
    batch.begin(0, 4, 1);
    expect([0, 1, 2].map((index) => batch.release(index, 4))).toEqual([false, true, false]);
    expect(batch.claim(1, 6)).toBe(true);
  });

  test('gives each invocation to one claimant, whoever asks when, also with large thread ids', () => {
    const steps = fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 100_000_000 })), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (claims) => {
        const batch = SharedBatch.of(10, Buffer.alloc(0));
        const owners = new Map<number, number>();
        for (const [index, thread] of claims) {
          expect(batch.claim(index, thread)).toBe(!owners.has(index));
          if (!owners.has(index)) owners.set(index, thread);
          expect(batch.owner(index)).toBe(owners.get(index));
        }
      }),
    );
  });
});
