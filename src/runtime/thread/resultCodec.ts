import { types } from 'node:util';
import { FaasError } from '../../protocol/errors.ts';
import { describeThrown, isInstance } from './thrown.ts';

/** A result on its way out; text is written as UTF-8 only when it is sent. */
export interface EncodedResult {
  readonly contentType: string;
  readonly body: string | Uint8Array;
  /** Of the body, as bytes. */
  readonly size: number;
}

/**
 * Encodes what a handler returned: a string as `text/plain`, bytes (Buffer, any view, ArrayBuffer) as
 * `application/octet-stream`, everything else as JSON. `undefined` is JSON's `null`. Inside an object, what JSON has no
 * word for (functions, symbols, undefined) is left out, as `JSON.stringify` does.
 * @throws FaasError `result_not_serialisable`, `result_too_large`
 */
export function encodeResult(result: unknown, maxBytes: number): EncodedResult {
  if (typeof result === 'string') return sized('text/plain; charset=utf-8', result, maxBytes);
  const bytes = asBytes(result);
  if (bytes !== undefined) return sized('application/octet-stream', bytes, maxBytes);
  return sized('application/json', stringify(result, maxBytes), maxBytes);
}

function asBytes(result: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(result)) return new Uint8Array(result.buffer, result.byteOffset, result.byteLength);
  return types.isAnyArrayBuffer(result) ? new Uint8Array(result) : undefined;
}

function stringify(result: unknown, maxBytes: number): string {
  if (result === undefined) return 'null';
  let text: string | undefined;
  try {
    text = JSON.stringify(result);
  } catch (cause) {
    // V8 says so when the text would be longer than any string may be
    const reason = describeThrown(cause);
    if (isInstance(cause, RangeError) && reason.includes('string length')) throw tooLarge('more than 512 MB', maxBytes);
    const message = `what the handler returned cannot become JSON: ${reason}`;
    throw new FaasError('result_not_serialisable', message, {}, { cause });
  }
  if (text === undefined) {
    throw new FaasError('result_not_serialisable', `the handler returned a ${typeof result}, which cannot become JSON`);
  }
  return text;
}

function sized(contentType: string, body: string | Uint8Array, maxBytes: number): EncodedResult {
  const size = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  if (size > maxBytes) throw tooLarge(`${size} bytes`, maxBytes);
  return { contentType, body, size };
}

function tooLarge(size: string, maxBytes: number): FaasError {
  return new FaasError(
    'result_too_large',
    `what the handler returned is ${size}, at most maxResultBytes = ${maxBytes}`,
  );
}
