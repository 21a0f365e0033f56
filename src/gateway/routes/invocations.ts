import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { monotonicMs } from '../../lib/clock.ts';
import { FaasError } from '../../protocol/errors.ts';
import type { InvocationQueue, InvocationView } from '../../queue/queue.ts';
import { sendOutcome } from '../answers.ts';
import type { AsyncResults } from '../asyncResults.ts';
import { invocationAnswer } from '../invocationAnswer.ts';
import { ACCESS_CODES, answers, anyBody, CALL_CODES, errorAnswers, InvocationParams } from '../schemas.ts';

export interface InvocationDeps {
  readonly queue: InvocationQueue;
  readonly results: AsyncResults;
}

const Milliseconds = Type.Record(Type.String(), Type.Number());

const InvocationSchema = Type.Object(
  {
    invocationId: Type.String(),
    function: Type.String({ description: '`namespace/name@digest`' }),
    state: Type.Enum(['waiting', 'dispatched', 'done']),
    result: Type.Optional(Type.String({ description: 'where its result is, if it was called with `respond-async`' })),
    why: Type.String({ description: 'why it waited' }),
    ageMs: Type.Number({ description: 'since it was accepted' }),
    status: Type.Optional(Type.Enum(['ok', 'error', 'timeout', 'failed'])),
    code: Type.Optional(Type.String()),
    message: Type.Optional(Type.String()),
    attempt: Type.Optional(Type.Integer()),
    batch: Type.Optional(Type.Object({ id: Type.String(), size: Type.Integer() })),
    container: Type.Optional(Type.Object({ id: Type.String(), start: Type.String() })),
    sinceAcceptedMs: Type.Optional(Milliseconds),
    latencyMs: Type.Optional(Milliseconds),
    cpuMs: Type.Optional(Type.Number()),
    logs: Type.Optional(
      Type.Array(Type.Object({ sinceAcceptedMs: Type.Number(), level: Type.String(), text: Type.String() })),
    ),
    logsTruncated: Type.Optional(Type.Boolean()),
  },
  { description: 'what is known of it' },
);

/** Asking about invocations. */
export function invocationRoutes(fastify: FastifyInstance, { queue, results }: InvocationDeps): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ['invocations'];

  app.get(
    '/invocations/:invocationId',
    {
      schema: {
        tags,
        summary: 'Where an invocation is, its times, its logs, and why it waited',
        params: InvocationParams,
        response: answers({ 200: InvocationSchema, ...errorAnswers(...ACCESS_CODES, 'invocation_not_found') }),
      },
    },
    async (request) => {
      const { invocationId } = request.params;
      const view = queue.find(invocationId) ?? viewOfResult(results, invocationId);
      if (view === undefined) throw notFound(invocationId);
      const hasResult = results.find(invocationId) !== undefined;
      const path = hasResult ? `/invocations/${encodeURIComponent(invocationId)}/result` : undefined;
      return invocationAnswer(view, monotonicMs(), path);
    },
  );

  app.get(
    '/invocations/:invocationId/result',
    {
      schema: {
        tags,
        summary: 'The result of an invocation that was called with `Prefer: respond-async`',
        description:
          'The answer is what a call that waits is answered; 202 with `retry-after` as long as there is none.',
        params: InvocationParams,
        response: answers({
          200: anyBody("the function's own result"),
          202: Type.Object({ invocationId: Type.String(), state: Type.String() }, { description: 'not ended yet' }),
          ...errorAnswers(...CALL_CODES, 'invocation_not_found', 'cancelled'),
        }),
      },
    },
    async (request, reply) => {
      const { invocationId } = request.params;
      const view = queue.find(invocationId);
      const result = results.find(invocationId);
      if (result === undefined) throw noResult(invocationId, view);
      // What the queue calls done is a turn away at most.
      if (!(result instanceof Promise) || view?.state === 'done') return sendOutcome(reply, await result);
      return reply
        .code(202)
        .header('retry-after', '1')
        .send({ invocationId, state: view?.state ?? 'waiting' });
    },
  );
}

/** The queue forgets what has ended sooner than results are dropped. */
function viewOfResult(results: AsyncResults, invocationId: string): InvocationView | undefined {
  const outcome = results.find(invocationId);
  if (outcome === undefined || outcome instanceof Promise) return undefined;
  const { functionKey, acceptedAt } = outcome;
  return { invocationId, functionKey, state: 'done', acceptedAt, outcome };
}

function notFound(invocationId: string): FaasError {
  const message = `no invocation ${JSON.stringify(invocationId)} is known here; those that ended long ago are forgotten`;
  return new FaasError('invocation_not_found', message, { invocationId });
}

function noResult(invocationId: string, view: InvocationView | undefined): FaasError {
  if (view === undefined) return notFound(invocationId);
  const message = `the result of ${JSON.stringify(invocationId)} went, or will go, to its caller; only those of \`Prefer: respond-async\` are kept`;
  return new FaasError('invocation_not_found', message, { invocationId });
}
