import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AsyncResults, MAX_RESULT_BYTES, MAX_RESULTS } from '../../src/gateway/asyncResults.ts';
import { bodyAsBytes } from '../../src/gateway/bodies.ts';
import { invocationIdSource, isInvocationId } from '../../src/gateway/invocationIds.ts';
import type { Outcome } from '../../src/protocol/invocation.ts';

describe('results that nobody waited for', () => {
  const outcomeOf = (invocationId: string, bytes = 0): Outcome => ({
    status: 'ok',
    invocationId,
    functionKey: 'default/echo@0',
    attempt: 1,
    acceptedAt: 0,
    enqueuedAt: 0,
    completedAt: 1,
    body: Buffer.alloc(bytes),
  });
  const keep = async (results: AsyncResults, outcome: Outcome): Promise<void> => {
    const ended = Promise.resolve(outcome);
    results.expect(outcome.invocationId, ended);
    await ended;
  };

  it('give way to later ones when they are too many', async () => {
    const results = new AsyncResults();
    for (let each = 0; each <= MAX_RESULTS; each += 1) await keep(results, outcomeOf(`i${each}`));
    expect(results.find('i0')).toBeUndefined();
    expect(results.find('i1')).toMatchObject({ invocationId: 'i1' });
    expect(results.find(`i${MAX_RESULTS}`)).toBeDefined();
  });

  it('give way when they are too large together', async () => {
    const results = new AsyncResults();
    for (let each = 0; each < 5; each += 1) await keep(results, outcomeOf(`i${each}`, MAX_RESULT_BYTES / 4));
    expect([0, 1, 2, 3, 4].map((each) => results.find(`i${each}`) !== undefined)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  it('are waited for as long as they are not there', async () => {
    const results = new AsyncResults();
    results.expect('waits', new Promise(() => undefined));
    expect(results.find('waits')).toBeInstanceOf(Promise);
    expect(results.find('other')).toBeUndefined();
  });
});

describe('a body', () => {
  const read = (chunks: Buffer[], maxBytes = 100): Promise<Buffer | undefined> => {
    const payload = new PassThrough();
    const body = new Promise<Buffer | undefined>((resolve, reject) => {
      bodyAsBytes(maxBytes)({ headers: {} }, payload as unknown as IncomingMessage, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      );
    });
    for (const chunk of chunks) payload.write(chunk);
    payload.end();
    return body;
  };

  it('does not hold on to a larger buffer that it is a part of', async () => {
    const body = await read([Buffer.alloc(1_000_000, 'x').subarray(10, 20)]);
    expect(body?.toString()).toBe('xxxxxxxxxx');
    expect(body?.buffer.byteLength).toBeLessThan(100_000);
  });

  it('of one piece is not copied', async () => {
    const piece = Buffer.from(new Uint8Array(50).buffer);
    expect((await read([piece]))?.buffer).toBe(piece.buffer);
  });

  it('is refused at the byte that is too many', async () => {
    await expect(read([Buffer.alloc(60), Buffer.alloc(41)])).rejects.toThrow(/maxPayloadBytes, 100/);
    expect((await read([Buffer.alloc(60), Buffer.alloc(40)]))?.byteLength).toBe(100);
  });
});

it('ids of two sources never meet, and are ids', () => {
  const [one, other] = [invocationIdSource(), invocationIdSource()];
  const ids = Array.from({ length: 100 }, () => [one(), other()]).flat();
  expect(new Set(ids).size).toBe(200);
  for (const id of ids) expect(isInvocationId(id)).toBe(true);
});
