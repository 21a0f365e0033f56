import type { ErrorCode } from '../../protocol/errors.ts';
import { type Call, currentCall } from './call.ts';
import { describeThrown, isInstance, stackOf } from './thrown.ts';

/** Thrown by `process.exit` in place of an exit; whoever finds it uncaught has nothing more to do. */
class ProcessExit extends Error {
  override readonly name = 'ProcessExit';
}

/**
 * From now on nothing that a handler leaves behind takes its thread down, with its neighbours on it: a rejection that
 * nobody handles, an exception thrown from a callback, `process.exit`. Each ends the call that it belongs to, while
 * that is under way; else it is only reported on stderr.
 */
export function containFaults(): void {
  const listeners = {
    unhandledRejection: (reason: unknown) => contain('unhandled_rejection', reason),
    uncaughtException: (error: Error) => contain('uncaught_exception', error),
  };
  const listen = (): void => {
    for (const [event, listener] of Object.entries(listeners)) {
      if (!process.listeners(event as 'uncaughtException').includes(listener)) process.on(event, listener);
    }
  };
  listen();
  // Ours stay: a thread that dies of an exception while it is being terminated can abort the whole process (Node 20.20).
  const removeAll = process.removeAllListeners.bind(process);
  process.removeAllListeners = (event) => {
    removeAll(event);
    listen();
    return process;
  };
  const exit = (code?: string | number | null): never => {
    const message = `the handler called process.exit(${code ?? ''})`;
    currentCall.getStore()?.fail('process_exit', message);
    throw new ProcessExit(message);
  };
  process.exit = exit;
  // Internal, but some packages call it; the other way out of the thread.
  Object.assign(process, { reallyExit: exit });
}

function contain(code: ErrorCode, thrown: unknown): void {
  const call = currentCall.getStore();
  if (isInstance(thrown, ProcessExit)) return;
  if (call === undefined || call.isOver) {
    const whose = call === undefined ? '' : ` of invocation ${call.claim.entry.id}, which is over`;
    process.stderr.write(`${code}${whose}: ${stackOf(thrown) ?? describeThrown(thrown)}\n`);
    return;
  }
  failWith(call, code, thrown);
}

/** Ends a call as `error`, with the stack in its log. */
export function failWith(call: Call, code: ErrorCode, thrown: unknown): void {
  if (call.isOver || isInstance(thrown, ProcessExit)) return;
  const stack = stackOf(thrown);
  if (stack !== undefined) call.logs.add('error', stack);
  call.fail(code, describeThrown(thrown));
}
