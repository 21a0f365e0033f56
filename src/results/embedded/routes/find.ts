import type { FastifyInstance } from 'fastify';
import { notFound } from '../couchError.ts';
import type { Databases } from '../databases.ts';
import { explain, find } from '../find.ts';
import { createIndex, deleteIndex, describeIndex, listIndexes } from '../mangoIndex.ts';
import { objectBody } from '../parameters.ts';
import type { DatabaseParams } from './databases.ts';

interface IndexParams extends DatabaseParams {
  readonly ddoc: string;
  readonly name: string;
}

/** Mango: declarative questions and their indexes. */
export function findRoutes(app: FastifyInstance, databases: Databases): void {
  app.post<{ Params: DatabaseParams }>('/:db/_find', async ({ params, body }) =>
    find(await databases.get(params.db), objectBody(body)),
  );

  app.post<{ Params: DatabaseParams }>('/:db/_explain', async ({ params, body }) =>
    explain(await databases.get(params.db), objectBody(body)),
  );

  app.get<{ Params: DatabaseParams }>('/:db/_index', async ({ params }) => {
    const indexes = await listIndexes(await databases.get(params.db));
    return { total_rows: indexes.length, indexes: indexes.map(describeIndex) };
  });

  app.post<{ Params: DatabaseParams }>('/:db/_index', async ({ params, body }) =>
    createIndex(await databases.get(params.db), objectBody(body)),
  );

  const removeIndex = async ({ db, ddoc, name }: IndexParams): Promise<{ ok: true }> => {
    if (!(await deleteIndex(await databases.get(db), ddoc, name))) throw notFound('missing');
    return { ok: true };
  };
  app.delete<{ Params: IndexParams }>('/:db/_index/:ddoc/json/:name', ({ params }) => removeIndex(params));
  app.delete<{ Params: IndexParams }>('/:db/_index/_design/:ddoc/json/:name', ({ params }) => removeIndex(params));
}
