import type { FastifyInstance } from 'fastify';
import type { Databases } from '../databases.ts';
import { readParameters } from '../parameters.ts';
import { rowStream } from '../rowStream.ts';
import { askView } from '../viewQuery.ts';
import type { DatabaseParams } from './databases.ts';

interface ViewParams extends DatabaseParams {
  readonly ddoc: string;
  readonly view: string;
}

/** Questions to the views of design documents. */
export function viewRoutes(app: FastifyInstance, databases: Databases): void {
  app.route<{ Params: ViewParams }>({
    method: ['GET', 'POST'],
    url: '/:db/_design/:ddoc/_view/:view',
    handler: async ({ params, query, body }, reply) => {
      const database = await databases.get(params.db);
      const definition = await database.view(`_design/${params.ddoc}`, params.view);
      const { head, rows } = await askView(database, definition, readParameters(query, body));
      return reply.type('application/json').send(await rowStream(head, rows));
    },
  });
}
