import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concurrencyPerThread } from '../../src/runtime/main/limits.ts';
import { lossVerdict } from '../../src/runtime/main/loss.ts';

const parallel = { kind: 'cpu', parallelism: 'parallel', threads: 2, concurrency: 2 } as const;

describe('concurrencyPerThread', () => {
  test.each([
    ['as many threads as cores', parallel, [1, 1]],
    ['shares as even as they can be', { ...parallel, threads: 3, concurrency: 8 }, [3, 3, 2]],
    ['no thread without a share', { ...parallel, threads: 4, concurrency: 3 }, [1, 1, 1]],
    ['one event loop for I/O', { ...parallel, kind: 'io', concurrency: 64 } as const, [64]],
    ['one call at a time', { ...parallel, parallelism: 'serial', concurrency: 64 } as const, [1]],
    ['half a core', { ...parallel, threads: 0.5, concurrency: 4 }, [4]],
    ['nonsense', { ...parallel, threads: 0, concurrency: 0 }, [1]],
  ])('%s', (_, init, limits) => {
    expect(concurrencyPerThread(init)).toEqual(limits);
  });

  test('adds up to the concurrency, and differs by one at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 5_000 }), (threads, concurrency) => {
        const limits = concurrencyPerThread({ ...parallel, threads, concurrency });
        expect(limits.length).toBeLessThanOrEqual(threads);
        expect(limits.reduce((sum, limit) => sum + limit, 0)).toBe(concurrency);
        expect(Math.max(...limits) - Math.min(...limits)).toBeLessThanOrEqual(1);
        expect(Math.min(...limits)).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

describe('lossVerdict', () => {
  const init = { timeoutMs: 1_000, memoryMb: 64 };
  const outOfMemory = Object.assign(new Error('memory limit'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });

  test.each([
    ['ran too long, whoever is to blame', { alone: true, cause: outOfMemory }, 1_000, 'timeout', 'timeout'],
    ['with others', { alone: false, cause: outOfMemory }, 10, 'failed', 'thread_lost'],
    ['with others, terminated', { alone: false, cause: undefined }, 10, 'failed', 'thread_lost'],
    ['alone, out of memory', { alone: true, cause: outOfMemory }, 10, 'error', 'out_of_memory'],
    ['alone, by an exception', { alone: true, cause: new Error('x') }, 10, 'error', 'uncaught_exception'],
    ['alone, without a word', { alone: true, cause: undefined }, 10, 'error', 'process_exit'],
  ])('%s', (_, loss, ranMs, status, code) => {
    expect(lossVerdict(loss, ranMs, init)).toMatchObject({ status, code });
  });
});
