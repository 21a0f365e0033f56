import Fastify, { type FastifyInstance } from 'fastify';
import { Activity } from './activity.ts';
import { asCouchError, CouchError } from './couchError.ts';
import type { Databases } from './databases.ts';
import { authenticate, type Credentials, checkAddressed, refuseStranger } from './guard.ts';
import { changesRoutes } from './routes/changes.ts';
import { databaseRoutes } from './routes/databases.ts';
import { documentSetRoutes } from './routes/documentSets.ts';
import { documentRoutes } from './routes/documents.ts';
import { findRoutes } from './routes/find.ts';
import { rootRoutes } from './routes/root.ts';
import { viewRoutes } from './routes/views.ts';

const MAX_BODY_BYTES = 64 * 2 ** 20;
const MAX_ID_CHARACTERS = 2_048;

export interface StoreServerDeps {
  readonly databases: Databases;
  readonly activity?: Activity;
  /** When whoever runs the server will end it for want of questions. */
  readonly idleTimeoutMs?: number;
  /** None: whoever reaches loopback may do everything. */
  readonly credentials?: Credentials | undefined;
  /** What `GET /` says of this server beside what CouchDB says. */
  readonly identity: Readonly<Record<string, unknown>>;
}

/** What `GET /_store` tells; CouchDB has no such thing. */
export interface StoreInside {
  /** Since when nobody has asked the server anything. */
  readonly idleMs: number;
  /** Null: it stays up. */
  readonly idleTimeoutMs: number | null;
  readonly databases: readonly { readonly name: string; readonly documents: number }[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null: nobody in particular. */
    couchUser: string | null;
  }
}

/** Open to whoever is not known: is there a server, what is it, who am I to it? */
const OPEN_PATHS = ['/', '/_up', '/_session'];

/** Looking at the server is no use of it: who watches it does not keep it from ending when idle. */
const WATCHING_PATH = '/_store';

/** A CouchDB as far as nano and curl need one, on PouchDB. Does not listen; `close()` leaves the databases open. */
export function buildStoreServer({
  databases,
  activity = new Activity(),
  idleTimeoutMs,
  credentials,
  identity,
}: StoreServerDeps): FastifyInstance {
  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_ID_CHARACTERS, ignoreTrailingSlash: true },
    forceCloseConnections: true,
  });
  app.decorateRequest('couchUser', null);
  app.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (path !== WATCHING_PATH) {
      activity.begin();
      reply.raw.once('close', () => activity.end());
    }
    checkAddressed(request.headers);
    request.couchUser = authenticate(credentials, request.headers);
    if (credentials !== undefined && request.couchUser === null && !OPEN_PATHS.includes(path)) refuseStranger();
  });
  app.removeContentTypeParser('text/plain');
  acceptEmptyJson(app);
  app.setErrorHandler((thrown, _request, reply) => {
    const { status, error, reason } = asCouchError(thrown);
    if (status === 401) reply.header('www-authenticate', 'Basic realm="store"');
    return reply.status(status).send({ error, reason });
  });
  app.setNotFoundHandler(() => {
    throw new CouchError(404, 'not_found', 'missing');
  });
  rootRoutes(app, databases, { identity, guarded: credentials !== undefined });
  app.get(WATCHING_PATH, async (): Promise<StoreInside> => {
    return { idleMs: activity.idleMs, idleTimeoutMs: idleTimeoutMs ?? null, databases: await databases.describe() };
  });
  databaseRoutes(app, databases);
  documentSetRoutes(app, databases);
  findRoutes(app, databases);
  viewRoutes(app, databases);
  changesRoutes(app, databases);
  documentRoutes(app, databases);
  return app;
}

/** nano sends `content-type: application/json` with every request, those without a body too. */
function acceptEmptyJson(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text: string, done) => {
    if (text === '') return done(null, undefined);
    try {
      return done(null, JSON.parse(text));
    } catch {
      return done(new CouchError(400, 'bad_request', 'invalid UTF-8 JSON'));
    }
  });
}
