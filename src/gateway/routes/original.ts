import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { FunctionRegistry } from '../../functions/registry.ts';
import { monotonicMs } from '../../lib/clock.ts';
import { failureAnswer, OUTCOME_HTTP_STATUS, serverTiming } from '../answers.ts';
import type { GatewayLogger } from '../deps.ts';
import { asFaasError, errorAnswer, prepareError } from '../errorAnswers.ts';
import type { HangUps } from '../hangUps.ts';
import type { Intake } from '../intake.ts';
import { badInvocationId, INVOCATION_ID_HEADER, isInvocationId } from '../invocationIds.ts';
import { answers, CALL_CODES, errorAnswers } from '../schemas.ts';

export interface OriginalDeps {
  readonly functions: FunctionRegistry;
  readonly intake: Intake;
  readonly hangUps: HangUps;
  readonly logger: GatewayLogger;
}

const RunBody = Type.Object({
  workflow: Type.Optional(Type.String({ description: 'taken and not used: there are no workflows behind this route' })),
  request_id: Type.Optional(Type.String({ description: 'becomes the invocation id' })),
  azure_data: Type.Object({ function_name: Type.String() }, { additionalProperties: true }),
});

const RunAnswer = Type.Object(
  { status: Type.String({ description: '`ok`' }), latency: Type.Number({ description: 'seconds' }) },
  { description: 'the function has ended well; its result is not part of the answer' },
);

/**
 * The way in for clients of the original system (`POST /run` of its gateway): `azure_data.function_name` is the
 * function, `azure_data` the event. A name that no function has is tried as our names are written, in lower case and
 * with hyphens for underscores. Whatever goes wrong has another `status` than `ok`, beside the error of every route.
 */
export function originalRoutes(fastify: FastifyInstance, deps: OriginalDeps): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();
  app.setErrorHandler((thrown: Error, request, reply) => {
    const error = asFaasError(thrown, request, deps.logger);
    const answer = errorAnswer(error, request.id);
    return prepareError(reply, error)
      .header(INVOCATION_ID_HEADER, request.id)
      .header('server-timing', `rejected;desc="${error.code}"`)
      .send({ status: 'rejected', ...answer });
  });

  app.post(
    '/run',
    {
      schema: {
        tags: ['original'],
        summary: 'Call a function as clients of the original FaaSBatch do',
        description:
          '`azure_data.function_name` names the function, `azure_data` is its event. Answered when the function has ended. ' +
          'What goes wrong has a `status` of `error`, `timeout`, `failed` or `rejected` and the HTTP status of any other call.',
        body: RunBody,
        response: answers({ 200: RunAnswer, ...errorAnswers(...CALL_CODES) }),
      },
    },
    async (request, reply) => {
      const { azure_data: event, request_id: requestId } = request.body;
      if (requestId !== undefined && !isInvocationId(requestId)) throw badInvocationId('request_id', requestId);
      const call = {
        invocationId: requestId ?? request.id,
        function: knownName(deps.functions, event.function_name),
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify(event)),
      };
      return run(call, request, reply, deps);
    },
  );
}

async function run(
  call: Parameters<Intake['accept']>[0],
  request: FastifyRequest,
  reply: FastifyReply,
  { intake, hangUps }: OriginalDeps,
): Promise<FastifyReply> {
  const startedAt = monotonicMs();
  const submission = intake.accept(call);
  const { socket } = request.raw;
  hangUps.watch(socket, submission);
  const outcome = await submission.outcome;
  hangUps.forget(socket, submission);
  const { status } = outcome;
  const latency = (monotonicMs() - startedAt) / 1_000;
  return reply
    .code(OUTCOME_HTTP_STATUS[status])
    .header(INVOCATION_ID_HEADER, outcome.invocationId)
    .header('server-timing', serverTiming(outcome))
    .send({ status, latency, ...(status !== 'ok' && failureAnswer(outcome)) });
}

function knownName(functions: FunctionRegistry, given: string): string {
  if (functions.get(given) !== undefined) return given;
  const ours = given.toLowerCase().replaceAll('_', '-');
  return functions.get(ours) === undefined ? given : ours;
}
