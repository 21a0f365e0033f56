import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Takes a free place among the container's threads; which one decides how many calls the thread may have under way.
 * There are as many places as threads, but a thread that replaces a lost one can be here before its predecessor's
 * place is free.
 */
export async function takePlace(places: SharedArrayBuffer, threadId: number): Promise<number> {
  const owners = new Int32Array(places);
  for (;;) {
    for (let place = 0; place < owners.length; place += 1) {
      if (Atomics.compareExchange(owners, place, 0, threadId) === 0) return place;
    }
    await sleep(1);
  }
}

/** Called by the main thread, once the thread is gone. */
export function freePlace(places: SharedArrayBuffer, threadId: number): void {
  const owners = new Int32Array(places);
  for (let place = 0; place < owners.length; place += 1) Atomics.compareExchange(owners, place, threadId, 0);
}
