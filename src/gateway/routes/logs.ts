import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { FunctionRegistry } from '../../functions/registry.ts';
import { type FunctionLogs, functionOf } from '../functionLogs.ts';
import { ACCESS_CODES, answers, errorAnswers, FunctionParams } from '../schemas.ts';

export interface LogDeps {
  readonly functions: FunctionRegistry;
  readonly logs: FunctionLogs;
}

const LogQuery = Type.Object({
  tail: Type.Integer({ default: 100, minimum: 1, maximum: 1_000, description: 'lines at most, the last ones' }),
  after: Type.Integer({
    default: 0,
    minimum: 0,
    description: 'only lines after this sequence: the last answer’s `next`',
  }),
});

const LogLines = Type.Object(
  {
    function: Type.String(),
    lines: Type.Array(
      Type.Object({
        sequence: Type.Integer(),
        time: Type.String({ description: 'ISO 8601' }),
        level: Type.String(),
        text: Type.String(),
        source: Type.Enum(['function', 'platform']),
        invocationId: Type.String(),
        digest: Type.String(),
      }),
    ),
    next: Type.Integer({ description: 'what to give as `after` to read on' }),
  },
  { description: 'the lines' },
);

/** What functions wrote lately. */
export function logRoutes(fastify: FastifyInstance, { functions, logs }: LogDeps): void {
  fastify.withTypeProvider<TypeBoxTypeProvider>().get(
    '/functions/:name/logs',
    {
      schema: {
        tags: ['functions'],
        summary: 'The last lines that a function logged, oldest first',
        params: FunctionParams,
        querystring: LogQuery,
        response: answers({ 200: LogLines, ...errorAnswers(...ACCESS_CODES, 'bad_request', 'function_not_found') }),
      },
    },
    async (request) => {
      const { tail, after } = request.query;
      const name = functionOf(functions.require(request.params.name).key);
      const lines = logs.read(name, tail, after);
      return { function: name, lines, next: lines.at(-1)?.sequence ?? after };
    },
  );
}
