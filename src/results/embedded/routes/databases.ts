import type { FastifyInstance } from 'fastify';
import type { Databases } from '../databases.ts';

export interface DatabaseParams {
  readonly db: string;
}

/** One database as a whole. */
export function databaseRoutes(app: FastifyInstance, databases: Databases): void {
  app.put<{ Params: DatabaseParams }>('/:db', async ({ params }, reply) => {
    await databases.create(params.db);
    return reply
      .status(201)
      .header('location', `/${encodeURIComponent(params.db)}`)
      .send({ ok: true });
  });

  app.get<{ Params: DatabaseParams }>('/:db', async ({ params }) => {
    const { doc_count, update_seq } = await (await databases.get(params.db)).info();
    return { db_name: params.db, doc_count, update_seq: String(update_seq), instance_start_time: '0' };
  });

  app.delete<{ Params: DatabaseParams }>('/:db', async ({ params }) => {
    await databases.destroy(params.db);
    return { ok: true };
  });

  app.post<{ Params: DatabaseParams }>('/:db/_compact', async ({ params }, reply) => {
    await (await databases.get(params.db)).compact();
    return reply.status(202).send({ ok: true });
  });

  app.post<{ Params: DatabaseParams }>('/:db/_ensure_full_commit', async ({ params }, reply) => {
    await databases.get(params.db);
    return reply.status(201).send({ ok: true, instance_start_time: '0' });
  });
}
