import type { FastifyInstance } from 'fastify';
import { askAllDocs } from '../allDocs.ts';
import { badRequest } from '../couchError.ts';
import type { Json } from '../database.ts';
import type { Databases } from '../databases.ts';
import { flag, list, objectBody, readParameters } from '../parameters.ts';
import { rowStream } from '../rowStream.ts';
import type { DatabaseParams } from './databases.ts';

/** Many documents at once. */
export function documentSetRoutes(app: FastifyInstance, databases: Databases): void {
  app.route<{ Params: DatabaseParams }>({
    method: ['GET', 'POST'],
    url: '/:db/_all_docs',
    handler: async ({ params, query, body }, reply) => {
      const database = await databases.get(params.db);
      const { totalRows, offset, rows } = await askAllDocs(database, readParameters(query, body));
      return reply.type('application/json').send(await rowStream({ total_rows: totalRows, offset }, rows));
    },
  });

  app.post<{ Params: DatabaseParams }>('/:db/_bulk_docs', async ({ params, body }, reply) => {
    const database = await databases.get(params.db);
    const request = objectBody(body);
    const docs = list(request, 'docs');
    if (docs === undefined) throw badRequest('POST body must include `docs` parameter.');
    if (!docs.every(isObject)) throw badRequest('Document must be a JSON object');
    return reply.status(201).send(await database.bulk(docs, flag(request, 'new_edits') ?? true));
  });

  app.post<{ Params: DatabaseParams }>('/:db/_bulk_get', async ({ params, query, body }) => {
    const database = await databases.get(params.db);
    const docs = list(objectBody(body), 'docs');
    if (docs === undefined || !docs.every(isObject)) throw badRequest('POST body must include `docs` parameter.');
    const parameters = readParameters(query);
    return database.bulkGet({
      docs,
      revs: flag(parameters, 'revs') ?? false,
      latest: flag(parameters, 'latest') ?? false,
    });
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
