import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { monotonicMs } from '../lib/clock.ts';
import { PACER_WORDS, type PacerData } from './pacerControl.ts';

/**
 * Waits for each instant of the schedule and rings its owner. It sleeps in `Atomics.wait`, which keeps to tens of
 * microseconds; a `setTimeout` of a loaded event loop comes milliseconds late. Deadlines are absolute, so lateness
 * does not add up.
 */
function pace({ offsetsMs, control }: PacerData, epoch: number, owner: MessagePort): void {
  let due = 0;
  while (due < offsetsMs.length && Atomics.load(control, PACER_WORDS.stop) === 0) {
    const now = monotonicMs();
    const waitMs = epoch + (offsetsMs[due] ?? 0) - now;
    if (waitMs > 0) {
      Atomics.wait(control, PACER_WORDS.stop, 0, waitMs);
      continue;
    }
    while (due < offsetsMs.length && epoch + (offsetsMs[due] ?? 0) <= now) due += 1;
    Atomics.store(control, PACER_WORDS.due, due);
    // One message is enough however much falls due before the owner reads it.
    if (Atomics.exchange(control, PACER_WORDS.rung, 1) === 0) owner.postMessage('due');
  }
}

const owner = parentPort;
if (owner !== null) {
  owner.once('message', (epoch: number) => pace(workerData as PacerData, epoch, owner));
  owner.postMessage('ready');
}
