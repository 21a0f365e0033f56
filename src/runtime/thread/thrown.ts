import { inspect, types } from 'node:util';
import { cutUtf8 } from './logBuffer.ts';

const MOST_MESSAGE_BYTES = 4_096;

/** Says what was thrown, whatever it is, in at most 4 KiB. Never throws itself, even for hostile objects. */
export function describeThrown(thrown: unknown): string {
  try {
    return cutUtf8(describe(thrown), MOST_MESSAGE_BYTES);
  } catch {
    return 'something was thrown that cannot be described';
  }
}

function describe(thrown: unknown): string {
  if (isError(thrown)) {
    const name = String(thrown.name);
    const message = String(thrown.message);
    if (message === '') return name;
    return name === 'Error' ? message : `${name}: ${message}`;
  }
  if (typeof thrown === 'string') return thrown === '' ? "'' was thrown" : thrown;
  const text = inspect(thrown, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 1_000 });
  return `${text} was thrown, which is not an Error`;
}

/** An error's stack, or undefined. */
export function stackOf(thrown: unknown): string | undefined {
  try {
    return isError(thrown) && typeof thrown.stack === 'string' ? thrown.stack : undefined;
  } catch {
    return undefined;
  }
}

/** `instanceof` for what a handler threw or returned: asking a proxy can throw as well. */
export function isInstance<T>(value: unknown, type: abstract new (...values: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** Also for errors that come from another context (`node:vm`). */
function isError(thrown: unknown): thrown is Error {
  return types.isNativeError(thrown) || isInstance(thrown, Error);
}
