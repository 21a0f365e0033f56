import { setTimeout as sleep } from 'node:timers/promises';
import { cpuClock, spin } from './spin.mjs';

const PAGE_BYTES = 4096;
const MB = 1024 * 1024;

/**
 * Does what a traced invocation did: uses the CPU for so long, then waits for so long, while it holds so much memory.
 * Each is optional. The CPU time that touching the memory takes is part of `cpuMs`.
 * @param {{cpuMs?: number, sleepMs?: number, memoryMb?: number}} event
 */
export default async function handler({ cpuMs = 0, sleepMs = 0, memoryMb = 0 }, { signal }) {
  for (const [field, value] of Object.entries({ cpuMs, sleepMs, memoryMb })) {
    if (!(value >= 0)) throw new TypeError(`${field} is ${value}, must be a number from 0`);
  }
  const beganAt = cpuClock?.() ?? 0;
  const held = touch(Math.round(memoryMb * MB));
  const usedMs = (cpuClock?.() ?? 0) - beganAt;
  spin(cpuMs - usedMs);
  if (sleepMs > 0) await sleep(sleepMs, undefined, { signal });
  return { cpuMs, sleepMs, memoryMb, heldBytes: held.length };
}

/** The system gives memory out page by page, as each is first written to. */
function touch(bytes) {
  const memory = Buffer.alloc(bytes);
  for (let offset = 0; offset < bytes; offset += PAGE_BYTES) memory[offset] = 1;
  return memory;
}
