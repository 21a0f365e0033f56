import type { ClientStatus } from '../protocol/record.ts';

/** What an HTTP answer says about a call. */
export interface Verdict {
  readonly status: ClientStatus;
  /** The target's error code; `http_<status>` where its body has none. */
  readonly code?: string;
  readonly message?: string;
  /** True when the answer is about how we call rather than about this call: the next one would get it too. */
  readonly refusal: boolean;
}

/** Longer error bodies are cut: their code is not read. */
export const MAX_ERROR_BODY_BYTES = 64 * 1024;

const STATUS_OF_HTTP: Readonly<Record<number, ClientStatus>> = {
  413: 'rejected',
  429: 'rejected',
  500: 'error',
  502: 'failed',
  503: 'rejected',
  504: 'timeout',
};

/** Reads an answer as design.md ("Functions") gives it: the status, and `{error: {code, message}}` in the body. */
export function readAnswer(httpStatus: number, body: string): Verdict {
  if (httpStatus >= 200 && httpStatus < 300) return { status: 'ok', refusal: false };
  const { code, message } = readError(body);
  const verdict = { code: code ?? `http_${httpStatus}`, ...(message === undefined ? {} : { message }) };
  // `internal` is answered 500, but it is no failure of the function.
  if (code === 'internal') return { ...verdict, status: 'failed', refusal: false };
  const status = STATUS_OF_HTTP[httpStatus];
  if (status !== undefined) return { ...verdict, status, refusal: false };
  if (httpStatus >= 500) return { ...verdict, status: 'failed', refusal: false };
  return { ...verdict, status: 'rejected', refusal: true };
}

function readError(body: string): { code?: string; message?: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return {};
  }
  const error = member(parsed, 'error');
  const code = member(error, 'code');
  const message = member(error, 'message');
  return { ...(typeof code === 'string' && { code }), ...(typeof message === 'string' && { message }) };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
