import { FaasError } from '../../protocol/errors.ts';

/** What is handed to a handler: JSON's value, text, or the bytes themselves. */
export type HandlerEvent = unknown;

/**
 * Decodes a body by its content type: `application/json` and `…+json` to the value, `text/…` to a string (UTF-8), all
 * else to a Buffer of its own. An empty body of JSON, or of no type at all, is null.
 * @param body may lie in memory shared with other threads
 * @throws FaasError `event_not_decodable`
 */
export function decodeEvent(contentType: string, body: Buffer): HandlerEvent {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (type === 'application/json' || type.endsWith('+json')) return body.length === 0 ? null : parse(type, body);
  if (type.startsWith('text/')) return body.toString('utf8');
  return type === '' && body.length === 0 ? null : Buffer.from(body);
}

function parse(type: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    const message = `the body is not ${type}: ${(cause as Error).message}`;
    throw new FaasError('event_not_decodable', message, {}, { cause });
  }
}
