import type { ContainerOutcome } from '../protocol/invocation.ts';

/** What is known of an invocation whose container, or whose thread, has been lost. */
export interface Loss {
  /** What cannot be known counts as started. */
  readonly started: boolean;
  readonly idempotent: boolean;
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Times that it was alone in a container that was lost, this one included. */
  readonly lostAlone: number;
  /** What became of the container or thread, for people. */
  readonly reason: string;
}

/**
 * Rule 4: what had not started is run again; what had started only if its function is idempotent; both at most
 * `maxAttempts` times. An invocation that was alone in two lost containers is taken for their cause.
 * @returns its end, or undefined if it is to be run again.
 */
export function afterLoss(loss: Loss): ContainerOutcome | undefined {
  if (loss.lostAlone >= 2) {
    return {
      status: 'error',
      code: 'container_crashed',
      message: `twice, the container died while it ran only this call: ${loss.reason}`,
    };
  }
  if (loss.started && !loss.idempotent) {
    return {
      status: 'failed',
      code: 'container_lost',
      message: `lost after the call had started, and the function is not idempotent: ${loss.reason}`,
    };
  }
  if (loss.attempt >= loss.maxAttempts) {
    return {
      status: 'failed',
      code: 'container_lost',
      message: `the container died in each of ${loss.attempt} attempts`,
    };
  }
  return undefined;
}
