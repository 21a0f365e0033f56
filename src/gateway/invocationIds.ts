import { randomBytes } from 'node:crypto';
import { FaasError } from '../protocol/errors.ts';

export const INVOCATION_ID_HEADER = 'x-invocation-id';
export const INVOCATION_ID_PATTERN = '^[A-Za-z0-9:._-]{1,128}$';

const INVOCATION_ID = new RegExp(INVOCATION_ID_PATTERN);

/** Makes ids that no other source makes, in this process or another, in the order of asking. */
export function invocationIdSource(): () => string {
  const source = randomBytes(6).toString('base64url').replaceAll('-', '.');
  let count = 0;
  return () => {
    count += 1;
    return `${source}-${count.toString(36)}`;
  };
}

export function isInvocationId(text: unknown): text is string {
  return typeof text === 'string' && INVOCATION_ID.test(text);
}

/** @throws FaasError `bad_request` */
export function badInvocationId(field: string, value: unknown): FaasError {
  const rule = '1 to 128 characters of A-Z, a-z, 0-9, `:`, `.`, `_`, `-`';
  return new FaasError('bad_request', `${field}: ${JSON.stringify(value)} must be ${rule}`, { field });
}
