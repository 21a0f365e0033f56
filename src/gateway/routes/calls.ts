import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { sendOutcome } from '../answers.ts';
import type { AsyncResults } from '../asyncResults.ts';
import { bodyAsBytes } from '../bodies.ts';
import type { GatewayConfig, GatewayLogger } from '../deps.ts';
import { callErrorHandler } from '../errorAnswers.ts';
import type { HangUps } from '../hangUps.ts';
import type { Call, Intake } from '../intake.ts';
import { badInvocationId, INVOCATION_ID_HEADER, INVOCATION_ID_PATTERN } from '../invocationIds.ts';
import { answers, anyBody, CALL_CODES, errorAnswers, FunctionParams } from '../schemas.ts';

export interface CallDeps {
  readonly intake: Intake;
  readonly hangUps: HangUps;
  readonly results: AsyncResults;
  readonly config: GatewayConfig;
  readonly logger: GatewayLogger;
}

const RESPOND_ASYNC = /(?:^|,)\s*respond-async\s*(?:$|[,;])/i;

const CallHeaders = Type.Object({
  [INVOCATION_ID_HEADER]: Type.Optional(
    Type.String({ pattern: INVOCATION_ID_PATTERN, description: "the caller's own id; made here if absent" }),
  ),
  prefer: Type.Optional(Type.String({ description: '`respond-async`: answer 202 at once' })),
});

const Accepted = Type.Object(
  {
    invocationId: Type.String(),
    state: Type.String(),
    invocation: Type.String(),
    result: Type.String(),
    note: Type.String(),
  },
  { description: 'accepted (`Prefer: respond-async`); where to ask for it' },
);

/** Calling a function: the path that must be fast. No hooks, no validation, no parsing here. */
export function callRoutes(fastify: FastifyInstance, deps: CallDeps): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();
  app.setErrorHandler(callErrorHandler(deps.logger));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', bodyAsBytes(deps.config.maxPayloadBytes));
  // The schema is for the documentation: a name is looked up, and an id was checked when it was read.
  app.setValidatorCompiler(() => () => true);

  app.post(
    '/functions/:name/invocations',
    {
      schema: {
        tags: ['invocations'],
        summary: 'Call a function',
        description:
          'The body is the event, decoded by its content type; the answer has the body and content type of what the ' +
          'handler returned. `server-timing` says where the time went. Hanging up cancels what has not started.',
        params: FunctionParams,
        headers: CallHeaders,
        response: answers({ 200: anyBody("the function's own result"), 202: Accepted, ...errorAnswers(...CALL_CODES) }),
      },
    },
    async (request, reply) => {
      const { headers, id } = request;
      const givenId = headers[INVOCATION_ID_HEADER];
      if (givenId !== undefined && givenId !== id) throw badInvocationId(INVOCATION_ID_HEADER, givenId);
      const call: Call = {
        invocationId: id,
        function: request.params.name,
        contentType: headers['content-type'],
        body: request.body as Buffer | undefined,
      };
      const prefer = headers.prefer;
      if (prefer !== undefined && RESPOND_ASYNC.test(prefer)) return answerAsync(call, reply, deps);
      return answerSync(call, request, reply, deps);
    },
  );
}

async function answerSync(
  call: Call,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: CallDeps,
): Promise<FastifyReply> {
  const { intake, hangUps } = deps;
  const submission = intake.accept(call);
  const { socket } = request.raw;
  hangUps.watch(socket, submission);
  const outcome = await submission.outcome;
  hangUps.forget(socket, submission);
  return sendOutcome(reply, outcome);
}

function answerAsync(call: Call, reply: FastifyReply, { intake, results }: CallDeps): FastifyReply {
  const { invocationId } = call;
  const submission = intake.accept(call);
  results.expect(invocationId, submission.outcome);
  const invocation = `/invocations/${encodeURIComponent(invocationId)}`;
  return reply
    .code(202)
    .header(INVOCATION_ID_HEADER, invocationId)
    .header('preference-applied', 'respond-async')
    .header('server-timing', 'accepted')
    .header('location', invocation)
    .send({
      invocationId,
      state: 'waiting',
      invocation,
      result: `${invocation}/result`,
      note:
        'The invocation and its result are in the memory of this worker: they do not survive its restart, ' +
        'and the results of later invocations take their place in time.',
    });
}
