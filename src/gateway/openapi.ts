import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/** Must come before the routes that it describes. */
export function describeRoutes(app: FastifyInstance, needsKey: boolean): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'faasbatch',
        version: '1',
        description:
          'A function worker that runs concurrent invocations as batches in shared containers. ' +
          'Every answer that is no success is `{error: {code, message, …}}`.',
      },
      tags: [
        { name: 'functions', description: 'Deploy and look at functions' },
        { name: 'invocations', description: 'Call functions, ask about calls' },
        { name: 'original', description: 'For clients of the original FaaSBatch' },
        { name: 'operations', description: 'Health and metrics' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        },
      },
      ...(needsKey && { security: [{ bearer: [] }, { key: [] }] }),
    },
  });
  app.register(swaggerUi, { routePrefix: '/docs' });
}
