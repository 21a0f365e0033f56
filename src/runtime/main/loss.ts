import type { InitHeader, OutcomeHeader } from '../../protocol/messages.ts';

/** How a thread was lost, as far as one invocation on it is concerned. */
export interface Loss {
  /** The thread ended by itself, and no other invocation was under way on it. */
  readonly alone: boolean;
  /** What ended it, if it did not just exit. */
  readonly cause: Error | undefined;
}

/**
 * What becomes of an invocation that was under way on a lost thread: `timeout` if it had run too long, the function's
 * own `error` if nobody else can be to blame, and the platform's `failed` otherwise.
 */
export function lossVerdict(
  { alone, cause }: Loss,
  ranMs: number,
  { timeoutMs, memoryMb }: Pick<InitHeader, 'timeoutMs' | 'memoryMb'>,
): Pick<OutcomeHeader, 'status' | 'code' | 'message'> {
  if (ranMs >= timeoutMs) {
    const message = `the handler ran longer than timeoutMs = ${timeoutMs} without letting go of its thread`;
    return { status: 'timeout', code: 'timeout', message };
  }
  if (!alone) {
    const why = cause === undefined ? 'it was terminated for a call that ran too long' : cause.message;
    return { status: 'failed', code: 'thread_lost', message: `its thread was lost: ${why}` };
  }
  if (cause === undefined) return { status: 'error', code: 'process_exit', message: 'the handler ended its thread' };
  if (isOutOfMemory(cause)) {
    return { status: 'error', code: 'out_of_memory', message: `the handler needed more than memoryMb = ${memoryMb}` };
  }
  return { status: 'error', code: 'uncaught_exception', message: `the handler ended its thread: ${cause.message}` };
}

function isOutOfMemory(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
}
