import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { type FeedEvent, feedChanges, readFeedRequest } from '../changes.ts';
import type { Databases } from '../databases.ts';
import { readParameters } from '../parameters.ts';
import type { DatabaseParams } from './databases.ts';

/** What changes in a database: told and done (`normal`), waiting for the next (`longpoll`), or for ever (`continuous`). */
export function changesRoutes(app: FastifyInstance, databases: Databases): void {
  app.route<{ Params: DatabaseParams }>({
    method: ['GET', 'POST'],
    url: '/:db/_changes',
    handler: async ({ params, query, body }, reply) => {
      const database = await databases.get(params.db);
      const request = await readFeedRequest(database, readParameters(query, body));
      const left = new AbortController();
      reply.raw.once('close', () => left.abort());
      const events = feedChanges(database, request, left.signal);
      const answer = request.feed === 'continuous' ? asLines(events) : asObject(events);
      return reply.type('application/json').send(Readable.from(answer, { objectMode: false }));
    },
  });
}

async function* asLines(events: AsyncIterable<FeedEvent>): AsyncGenerator<string> {
  yield '\n'; // so that headers leave at once
  for await (const event of events) {
    if (event.type === 'change') yield `${JSON.stringify(event.change)}\n`;
    else yield event.type === 'heartbeat' ? '\n' : `${JSON.stringify({ last_seq: event.lastSeq, pending: 0 })}\n`;
  }
}

async function* asObject(events: AsyncIterable<FeedEvent>): AsyncGenerator<string> {
  yield '{"results":[';
  let separator = '\n';
  for await (const event of events) {
    if (event.type === 'heartbeat') yield '\n';
    if (event.type === 'change') {
      yield separator + JSON.stringify(event.change);
      separator = ',\n';
    }
    if (event.type === 'end') yield `\n],\n"last_seq":${JSON.stringify(event.lastSeq)},"pending":0}\n`;
  }
}
