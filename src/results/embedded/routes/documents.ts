import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { conflict } from '../couchError.ts';
import type { Json } from '../database.ts';
import type { Databases } from '../databases.ts';
import { objectBody, readParameters, text } from '../parameters.ts';
import type { DatabaseParams } from './databases.ts';

interface DocumentParams extends DatabaseParams {
  readonly id: string;
}

type DocumentRequest = FastifyRequest<{ Params: DocumentParams }>;

const READ_OPTIONS = ['revs', 'revs_info', 'conflicts', 'latest', 'local_seq'];
/** `_design/x` and `_local/x` are ids with a slash, which clients send as it is or encoded. */
const KINDS = { '/:db/:id': '', '/:db/_design/:id': '_design/', '/:db/_local/:id': '_local/' };

/** Single documents. */
export function documentRoutes(app: FastifyInstance, databases: Databases): void {
  app.post<{ Params: DatabaseParams }>('/:db', async ({ params, body }, reply) => {
    const database = await databases.get(params.db);
    const document = { _id: randomUUID().replaceAll('-', ''), ...objectBody(body) };
    return created(reply, await database.put(document));
  });
  for (const [path, prefix] of Object.entries(KINDS)) {
    app.get(path, (request: DocumentRequest, reply) => read(databases, prefix, request, reply));
    app.put(path, (request: DocumentRequest, reply) => write(databases, prefix, request, reply));
    app.delete(path, (request: DocumentRequest) => remove(databases, prefix, request));
  }
}

async function read(
  databases: Databases,
  prefix: string,
  request: DocumentRequest,
  reply: FastifyReply,
): Promise<Json> {
  const database = await databases.get(request.params.db);
  const parameters = readParameters(request.query);
  const flags = READ_OPTIONS.filter((name) => parameters[name] === 'true').map((name) => [name, true]);
  const rev = text(parameters, 'rev');
  const options = { ...Object.fromEntries(flags), ...(rev === undefined ? {} : { rev }) } as Json;
  const document = await database.get(prefix + request.params.id, options);
  reply.header('etag', `"${String(document['_rev'])}"`);
  return document;
}

async function write(
  databases: Databases,
  prefix: string,
  request: DocumentRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const database = await databases.get(request.params.db);
  const rev = revisionOf(request);
  const body = objectBody(request.body);
  return created(
    reply,
    await database.put({ ...body, _id: prefix + request.params.id, ...(rev === undefined ? {} : { _rev: rev }) }),
  );
}

async function remove(databases: Databases, prefix: string, request: DocumentRequest): Promise<Json> {
  const database = await databases.get(request.params.db);
  const id = prefix + request.params.id;
  const rev = revisionOf(request);
  if (rev === undefined) {
    await database.get(id);
    throw conflict();
  }
  return database.remove(id, rev);
}

function revisionOf({ query, headers }: DocumentRequest): string | undefined {
  return text(readParameters(query), 'rev') ?? headers['if-match']?.replaceAll('"', '');
}

function created(reply: FastifyReply, result: Json): FastifyReply {
  return reply
    .status(201)
    .header('etag', `"${String(result['rev'])}"`)
    .send(result);
}
