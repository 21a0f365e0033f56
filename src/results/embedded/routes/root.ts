import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Databases } from '../databases.ts';
import { count, flag, readParameters, text } from '../parameters.ts';

const MAX_UUIDS = 1_000;

interface RootOptions {
  readonly identity: Readonly<Record<string, unknown>>;
  readonly guarded: boolean;
}

/** The server itself: what it is, whether it is up, who asks, which databases there are. */
export function rootRoutes(app: FastifyInstance, databases: Databases, { identity, guarded }: RootOptions): void {
  app.get('/', async () => ({ couchdb: 'Welcome', version: '3.0.0', features: [], ...identity }));

  app.get('/_up', async () => ({ status: 'ok' }));

  app.get('/_session', async ({ couchUser }) => ({
    ok: true,
    // without credentials everybody is what CouchDB called an admin party
    userCtx: { name: couchUser, roles: couchUser === null && guarded ? [] : ['_admin'] },
    info: { authentication_handlers: ['default'], ...(couchUser === null ? {} : { authenticated: 'default' }) },
  }));

  app.get('/_all_dbs', async ({ query }) => {
    const parameters = readParameters(query);
    const [start, end] = [text(parameters, 'startkey') ?? '', text(parameters, 'endkey')];
    const names = (await databases.list()).filter((name) => name >= start && (end === undefined || name <= end));
    const ordered = flag(parameters, 'descending') === true ? names.toReversed() : names;
    const skip = count(parameters, 'skip') ?? 0;
    return ordered.slice(skip, skip + (count(parameters, 'limit') ?? names.length));
  });

  app.get('/_uuids', async ({ query }) => {
    const length = Math.min(MAX_UUIDS, count(readParameters(query), 'count') ?? 1);
    return { uuids: Array.from({ length }, () => randomUUID().replaceAll('-', '')) };
  });
}
