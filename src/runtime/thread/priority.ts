import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** What runs at 0 gets nearly all of the CPU where both want it. */
const HANDLER_NICENESS = 19;

/**
 * Puts the calling thread behind whatever is not a handler: the gateway, the dispatcher, and containers that are
 * starting, which would otherwise each get one share among as many as there are busy handlers. Handlers stay equal
 * among themselves. Called when the handler is loaded, since loading is part of starting. On Linux a thread has a
 * priority of its own; elsewhere this does nothing.
 */
export function yieldToPlatform(): void {
  try {
    const tid = Number(/\d+$/.exec(readlinkSync('/proc/thread-self'))?.[0]);
    setPriority(tid, HANDLER_NICENESS);
  } catch {
    // No /proc, or not allowed to: handlers then compete as equals.
  }
}
