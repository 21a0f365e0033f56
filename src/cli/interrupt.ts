import { EXIT } from './exitCodes.ts';

export interface InterruptHandlers {
  /** At the first SIGINT or SIGTERM: begin to end, keep what there is. */
  graceful(signal: NodeJS.Signals): void;
  /** At the second, where there is more to put away than a process may leave lying: end without waiting for anybody. */
  hurry?(): void;
  /** At the next: end what would outlive this process. Must not wait for anything; the process exits after it. */
  force?(): void;
}

/**
 * Listens for SIGINT and SIGTERM: the first one asks, the last one (the second, or the third where there is something
 * to hurry) forces, with exit code 1.
 * @returns what stops listening; signals then do again what they do by themselves
 */
export function onInterrupt(handlers: InterruptHandlers): () => void {
  const milder = [handlers.graceful, ...(handlers.hurry === undefined ? [] : [handlers.hurry])];
  const listener = (signal: NodeJS.Signals): void => {
    const handle = milder.shift();
    if (handle === undefined) {
      handlers.force?.();
      process.exit(EXIT.failure);
    }
    handle.call(handlers, signal);
  };
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener).off('SIGTERM', listener);
  };
}
