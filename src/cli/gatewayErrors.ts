import { asError, ERRORS, type ErrorCode, FaasError } from '../protocol/errors.ts';
import type { Answer } from './gatewayClient.ts';

/** Nobody was reached, or the connection ended before there was an answer. */
export function connectionError(url: string, thrown: unknown): FaasError {
  const error = asError(thrown) as NodeJS.ErrnoException;
  if (error.code?.startsWith('HPE_')) return notAWorker(url);
  const isHangUp = error.code === 'ECONNRESET' || error.code === 'UND_ERR_SOCKET' || error.code === 'EPIPE';
  const message = isHangUp
    ? `the worker at ${url} hung up before it answered (${error.message})`
    : `no worker answers at ${url}: ${reasonOf(error)}`;
  const hint = isHangUp
    ? 'it may have ended: what its terminal or log says last tells why'
    : 'faasbatch up starts one; --url or FAASBATCH_URL name another';
  return new FaasError('worker_unreachable', message, { hint, url }, { cause: thrown });
}

/** A name with several addresses fails once for each of them. */
function reasonOf(error: Error): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((each) => asError(each).message).join(', ');
  }
  return error.message;
}

export function notAWorker(url: string): FaasError {
  const hint = 'is it the right port? --url or FAASBATCH_URL name another';
  return new FaasError('not_a_worker', `what answers at ${url} is no faasbatch worker`, { hint, url });
}

/** What a gateway answered instead of success, as the error that it threw. */
export function answeredError(url: string, answer: Answer): FaasError {
  const told = toldError(answer.body);
  if (told === undefined) return notAWorker(url);
  const { code, message, ...details } = told;
  const hint = hintFor(code, message, answer);
  return new FaasError(asCode(code), message, { ...details, ...(hint === undefined ? {} : { hint }) });
}

interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly [detail: string]: unknown;
}

function toldError(body: Buffer): ToldError | undefined {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: Partial<ToldError> };
    return typeof error?.code === 'string' && typeof error.message === 'string' ? (error as ToldError) : undefined;
  } catch {
    return undefined;
  }
}

/** A newer worker may know codes that this side does not. */
function asCode(code: string): ErrorCode {
  return Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'internal';
}

function hintFor(code: string, message: string, { headers }: Answer): string | undefined {
  const retryAfter = headers['retry-after'];
  if (code === 'unauthorized') return 'FAASBATCH_API_KEY is where the key is taken from';
  if (code === 'function_not_found' && !message.includes('Did you mean')) {
    return 'faasbatch function list shows what is deployed';
  }
  return retryAfter === undefined ? undefined : `try again in ${retryAfter} s`;
}
