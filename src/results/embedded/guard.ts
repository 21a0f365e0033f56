import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { CouchError } from './couchError.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Lets in only what was meant for this server: a page in a browser that had its name resolve to loopback, or that
 * posts here from elsewhere, is refused.
 * @throws CouchError 403
 */
export function checkAddressed(headers: IncomingHttpHeaders): void {
  const { host = '', origin } = headers;
  if (!LOOPBACK.test(host)) throw new CouchError(403, 'forbidden', `Host "${host}" is not this server`);
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new CouchError(403, 'forbidden', `Origin "${origin}" is not this server`);
  }
}

/**
 * Basic authentication, compared in constant time.
 * @returns the user's name; null where none is needed and none was given
 * @throws CouchError 401
 */
export function authenticate(expected: Credentials | undefined, headers: IncomingHttpHeaders): string | null {
  if (expected === undefined) return null;
  const { authorization } = headers;
  if (authorization === undefined) return null;
  const [, encoded = ''] = /^Basic +(.+)$/i.exec(authorization) ?? [];
  const given = Buffer.from(encoded, 'base64').toString('utf8');
  if (!isEqual(given, `${expected.user}:${expected.password}`)) {
    throw new CouchError(401, 'unauthorized', 'Name or password is incorrect.');
  }
  return expected.user;
}

export function refuseStranger(): never {
  throw new CouchError(401, 'unauthorized', 'You are not authorized to access this server.');
}

function isEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
