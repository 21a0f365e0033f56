/** What CouchDB answers when it refuses: a status and `{error, reason}`. */
export class CouchError extends Error {
  readonly status: number;
  readonly error: string;
  readonly reason: string;

  constructor(status: number, error: string, reason: string) {
    super(reason);
    this.name = 'CouchError';
    this.status = status;
    this.error = error;
    this.reason = reason;
  }
}

export function badRequest(reason: string): CouchError {
  return new CouchError(400, 'bad_request', reason);
}

export function queryParseError(reason: string): CouchError {
  return new CouchError(400, 'query_parse_error', reason);
}

export function notFound(reason: string): CouchError {
  return new CouchError(404, 'not_found', reason);
}

/** In CouchDB's very words. */
const CONFLICT = 'Document update conflict.';

export function conflict(): CouchError {
  return new CouchError(409, 'conflict', CONFLICT);
}

/** PouchDB throws objects with CouchDB's own names in them; anything else is a fault of ours. */
export function asCouchError(thrown: unknown): CouchError {
  if (thrown instanceof CouchError) return thrown;
  const { status, statusCode, name, reason, message } = (thrown ?? {}) as Record<string, unknown>;
  if (typeof status === 'number' && status >= 400 && typeof name === 'string') {
    return new CouchError(status, name, status === 409 ? CONFLICT : String(reason ?? message));
  }
  if (typeof statusCode === 'number' && statusCode < 500) return fromFastify(statusCode, String(message));
  return new CouchError(500, 'internal_server_error', String(message ?? thrown));
}

function fromFastify(status: number, message: string): CouchError {
  if (status === 413) return new CouchError(413, 'too_large', 'the request entity is too large');
  if (status === 415) return new CouchError(415, 'bad_content_type', 'Content-Type must be application/json');
  return new CouchError(status, 'bad_request', message);
}
