import type { InitHeader } from '../../protocol/messages.ts';

/**
 * How many calls each thread of a container may have under way; as many elements as threads are of use. They add up to
 * the container's concurrency, so that no count needs to be kept between threads. One place only for I/O functions,
 * which share an event loop, and one call at a time where parallelism is serial.
 */
export function concurrencyPerThread(
  init: Pick<InitHeader, 'kind' | 'parallelism' | 'threads' | 'concurrency'>,
): number[] {
  if (init.parallelism === 'serial') return [1];
  const concurrency = Math.max(1, Math.floor(init.concurrency));
  const threads = init.kind === 'io' ? 1 : Math.min(concurrency, Math.max(1, Math.ceil(init.threads)));
  const least = Math.floor(concurrency / threads);
  return Array.from({ length: threads }, (_, place) => least + (place < concurrency % threads ? 1 : 0));
}
