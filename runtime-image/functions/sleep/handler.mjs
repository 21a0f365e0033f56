import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits without using the CPU, until it is over or the deadline aborts it.
 * @param {{ms: number}} event
 */
export default async function handler({ ms }, { signal }) {
  if (!(ms >= 0)) throw new TypeError(`ms is ${ms}, must be a number from 0`);
  await sleep(ms, undefined, { signal });
  return { ms };
}
