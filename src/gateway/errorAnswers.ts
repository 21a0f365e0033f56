import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { asError, type ErrorCode, FaasError } from '../protocol/errors.ts';
import type { GatewayLogger } from './deps.ts';
import { INVOCATION_ID_HEADER } from './invocationIds.ts';

/** What every answer that is not a success looks like; some codes have fields of their own beside these. */
export interface ErrorAnswer {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly invocationId?: string;
    readonly [detail: string]: unknown;
  };
}

/** Where the queue does not name its limit itself. */
const LIMITS: Partial<Record<ErrorCode, string>> = {
  queue_full: 'maxQueueLength',
  function_queue_full: 'maxQueueLengthPerFunction',
};

const RETRY_AFTER_S = 1;

/** Fastify's own codes, in the words of the one table. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

export function errorAnswer(error: FaasError, invocationId?: string): ErrorAnswer {
  const { code, message, details } = error;
  const limit = LIMITS[code];
  return {
    error: {
      ...(limit !== undefined && { limit }),
      ...details,
      code,
      message,
      ...(invocationId !== undefined && { invocationId }),
    },
  };
}

/** Status and headers of an error; its body is the caller's to send. */
export function prepareError(reply: FastifyReply, error: FaasError): FastifyReply {
  const { code, status, details } = error;
  reply.code(status);
  if (status === 429 || status === 503) reply.header('retry-after', String(details['retryAfterS'] ?? RETRY_AFTER_S));
  if (code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
  // A worker that stops gives its connections up; whoever calls again should find another one.
  if (code === 'draining') reply.header('connection', 'close');
  // What is left of the body is read and dropped: to close at once would reset the connection, and the answer with it.
  if (code === 'payload_too_large') reply.removeHeader('connection');
  return reply;
}

/** For routes that are no calls. */
export function errorHandler(logger: GatewayLogger) {
  return (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const error = asFaasError(thrown, request, logger);
    prepareError(reply, error).send(errorAnswer(error));
  };
}

/** For calls: every answer to one has an id, and says that no time was spent on it. */
export function callErrorHandler(logger: GatewayLogger) {
  return (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const error = asFaasError(thrown, request, logger);
    prepareError(reply, error)
      .header(INVOCATION_ID_HEADER, request.id)
      .header('server-timing', `rejected;desc="${error.code}"`)
      .send(errorAnswer(error, request.id));
  };
}

/** Whatever a route, a hook or Fastify itself threw; a fault of ours is logged and told without its inside. */
export function asFaasError(thrown: FastifyError | Error, request: FastifyRequest, logger: GatewayLogger): FaasError {
  if (thrown instanceof FaasError) return thrown;
  const { code, statusCode, validation, validationContext } = thrown as Partial<FastifyError>;
  if (validation !== undefined) {
    const fields = validation.map(({ instancePath }) => `${validationContext ?? 'request'}${instancePath}`);
    return new FaasError('bad_request', thrown.message, { fields });
  }
  const known = code === undefined ? undefined : FASTIFY_CODES[code];
  if (known === 'payload_too_large') return bodyTooLarge(request);
  if (known !== undefined) return new FaasError(known, thrown.message);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new FaasError('bad_request', thrown.message);
  }
  logger.error({ err: asError(thrown), method: request.method, route: request.routeOptions.url }, 'request failed');
  return new FaasError('internal', 'a fault of faasbatch itself; its log says more');
}

function bodyTooLarge(request: FastifyRequest): FaasError {
  const allowed = request.routeOptions.bodyLimit;
  return new FaasError('payload_too_large', `the body is larger than the limit of this route, ${allowed} bytes`, {
    limit: 'bodyLimit',
    allowed,
  });
}
