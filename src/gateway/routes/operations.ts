import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Metrics } from '../../metrics/metrics.ts';
import { FaasError } from '../../protocol/errors.ts';
import type { Health } from '../deps.ts';
import { ACCESS_CODES, answers, errorAnswers } from '../schemas.ts';

const tags = ['operations'];

/** For whoever watches the process; open without a key. */
export function healthRoutes(fastify: FastifyInstance, health: Health): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/healthz',
    {
      schema: {
        tags,
        summary: 'Is the process alive?',
        response: answers({
          200: Type.Object({ status: Type.String() }, { description: 'it is' }),
          ...errorAnswers('forbidden_origin'),
        }),
      },
    },
    async () => ({ status: 'ok' }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags,
        summary: 'Does it take invocations?',
        response: answers({
          200: Type.Object({ status: Type.String() }, { description: 'it does' }),
          ...errorAnswers('forbidden_origin', 'not_ready', 'draining'),
        }),
      },
    },
    async () => {
      const state = health.state();
      if (state === 'starting') throw new FaasError('not_ready', 'the worker is still starting');
      if (state === 'draining') throw new FaasError('draining', 'the worker is shutting down');
      return { status: state };
    },
  );
}

export function metricsRoutes(fastify: FastifyInstance, metrics: Metrics): void {
  fastify.withTypeProvider<TypeBoxTypeProvider>().get(
    '/metrics',
    {
      schema: {
        tags,
        summary: 'Metrics in the text format of Prometheus',
        response: answers({ 200: Type.String({ description: 'metrics' }), ...errorAnswers(...ACCESS_CODES) }),
      },
    },
    async (_request, reply) => reply.header('content-type', metrics.contentType).send(await metrics.exposition()),
  );
}
