import type { FastifyReply } from 'fastify';
import type { ErrorCode } from '../protocol/errors.ts';
import type { Outcome, OutcomeStatus } from '../protocol/invocation.ts';
import { latenciesOf } from '../protocol/latency.ts';
import type { ErrorAnswer } from './errorAnswers.ts';
import { INVOCATION_ID_HEADER } from './invocationIds.ts';

type Failure = Exclude<OutcomeStatus, 'ok'>;

/** How an accepted invocation's end reads in HTTP; the code says which of them it was. */
export const OUTCOME_HTTP_STATUS: Readonly<Record<OutcomeStatus, number>> = {
  ok: 200,
  error: 500,
  timeout: 504,
  failed: 502,
};

const DEFAULT_CODES: Readonly<Record<Failure, ErrorCode>> = {
  error: 'handler_error',
  timeout: 'timeout',
  failed: 'internal',
};

/** What a container says of its content type is put into a header only if it can be one. */
const HEADER_VALUE = /^[\x20-\x7e]+$/;

const NO_BODY = Buffer.alloc(0);

/** The answer to a call: the function's own body, or why there is none. */
export function sendOutcome(reply: FastifyReply, outcome: Outcome): FastifyReply {
  reply.header(INVOCATION_ID_HEADER, outcome.invocationId).header('server-timing', serverTiming(outcome));
  if (outcome.status === 'ok') {
    const { contentType, body = NO_BODY } = outcome;
    const safe = contentType !== undefined && HEADER_VALUE.test(contentType);
    return reply.header('content-type', safe ? contentType : 'application/octet-stream').send(body);
  }
  return reply.code(OUTCOME_HTTP_STATUS[outcome.status]).send(failureAnswer(outcome));
}

export function failureAnswer(outcome: Outcome): ErrorAnswer {
  const { status, functionKey, invocationId, attempt } = outcome;
  const code = outcome.code ?? (status === 'ok' ? 'internal' : DEFAULT_CODES[status]);
  const message = outcome.message ?? `the invocation ended as ${status}`;
  return { error: { code, message, invocationId, status, function: functionKey, attempt } };
}

/** The stages in milliseconds, as browsers and proxies read them; a stage that was not reached is absent. */
export function serverTiming(outcome: Outcome): string {
  const { scheduling, coldStart, queueing, execution, total } = latenciesOf(outcome);
  let text = '';
  if (scheduling !== undefined) text += `scheduling;dur=${rounded(scheduling)}, cold;dur=${rounded(coldStart ?? 0)}, `;
  if (queueing !== undefined) text += `queueing;dur=${rounded(queueing)}, `;
  if (execution !== undefined) text += `execution;dur=${rounded(execution)}, `;
  return `${text}total;dur=${rounded(total)}`;
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
