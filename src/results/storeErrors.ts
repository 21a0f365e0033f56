import { FaasError } from '../protocol/errors.ts';
import type { StoreAddress } from './storeAddress.ts';

/** What nano throws, as far as it is used here. Its `request` holds headers and is never looked at or passed on. */
interface RequestFailure {
  readonly statusCode?: number;
  readonly error?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Says what went wrong at the store in words that name its address and never its credentials. */
export function storeError(address: StoreAddress, thrown: unknown): FaasError {
  if (thrown instanceof FaasError) return thrown;
  const { statusCode: status, error, reason, message } = (thrown ?? {}) as RequestFailure;
  if (status === undefined) return unreachable(address, message ?? String(thrown));
  const answer = reason ?? error ?? message ?? '';
  if (status === 401 || status === 403) {
    const hint = address.hasCredentials
      ? 'check the user and the password'
      : 'set COUCHDB_USER and COUCHDB_PASSWORD, or put them into COUCHDB_URL';
    return new FaasError('store_unauthorized', `CouchDB at ${address.url} answered ${status} "${answer}": ${hint}`, {
      url: address.url,
      status,
    });
  }
  return new FaasError('store_error', `CouchDB at ${address.url} answered ${status} "${answer}"`, {
    url: address.url,
    status,
    error,
    reason,
  });
}

export function unreachable(address: StoreAddress, why: string): FaasError {
  const reason = why.replace(/^error happened in your connection\. Reason: /, '').replace(/^\w*Error: /, '');
  return new FaasError('store_unreachable', `CouchDB at ${address.url} does not answer: ${reason}`, {
    url: address.url,
  });
}

export function notCouchDb(address: StoreAddress): FaasError {
  return new FaasError('store_not_couchdb', `what answers at ${address.url} is no CouchDB`, { url: address.url });
}

/** The HTTP status that CouchDB answered with; undefined if it did not come to that. */
export function answeredStatus(error: FaasError): number | undefined {
  const { status } = error.details;
  return typeof status === 'number' ? status : undefined;
}

/** Whether the same request may well succeed later: nobody there, overloaded, or the database is yet to be made. */
export function isPassing(error: FaasError): boolean {
  if (error.code === 'store_unreachable' || error.code === 'store_start_failed') return true;
  const status = answeredStatus(error) ?? 0;
  return error.code === 'store_error' && (status >= 500 || status === 429 || status === 404);
}
