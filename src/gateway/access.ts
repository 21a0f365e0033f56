import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { FaasError } from '../protocol/errors.ts';
import { isLoopback } from './bind.ts';

/**
 * Where no key is asked for, a web page must not be able to call: its own requests carry its Origin, and those of a
 * name that was rebound to this machine carry that name as Host.
 * @throws FaasError `forbidden_origin`
 */
export function checkOrigin(headers: IncomingHttpHeaders): void {
  const { host, origin } = headers;
  if (host === undefined || !isLoopback(hostname(host))) {
    const message = `Host: ${JSON.stringify(host ?? '')} must be localhost, 127.0.0.1 or [::1]`;
    throw new FaasError('forbidden_origin', message, { header: 'host' });
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    const message = `Origin: ${JSON.stringify(origin)} must be this server's own, or absent`;
    throw new FaasError('forbidden_origin', message, { header: 'origin' });
  }
}

/** Knows the keys by their hashes only. */
export class KeyCheck {
  readonly #hashes: readonly Buffer[];

  constructor(apiKeys: readonly string[]) {
    this.#hashes = apiKeys.map(hashOf);
  }

  /**
   * How long it takes tells nothing of the keys: hashes of one length are compared, whole, with every key there is.
   * @throws FaasError `unauthorized`
   */
  check(headers: IncomingHttpHeaders): void {
    const shown = shownKey(headers);
    if (shown === undefined) {
      throw new FaasError('unauthorized', 'an API key is needed: `Authorization: Bearer <key>` or `x-api-key: <key>`');
    }
    const hash = hashOf(shown);
    let known = false;
    for (const candidate of this.#hashes) known = timingSafeEqual(candidate, hash) || known;
    if (!known) throw new FaasError('unauthorized', 'the API key is not one of those that this server takes');
  }
}

function shownKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '');
  if (bearer?.[1] !== undefined) return bearer[1];
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key : undefined;
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Of a Host header, without its port. */
function hostname(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}
