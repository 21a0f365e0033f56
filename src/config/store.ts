import { type Static, Type } from 'typebox';
import type { CommonConfig } from './common.ts';
import type { Role } from './role.ts';

const schema = Type.Object({
  url: Type.Optional(
    Type.String({
      unit: 'url',
      pattern: '^https?://',
      environment: 'COUCHDB_URL',
      flag: '--store-url',
      description: 'a CouchDB server, http://host:5984; none: the embedded store',
    }),
  ),
  user: Type.Optional(Type.String({ secret: true, environment: 'COUCHDB_USER', description: 'who to be at CouchDB' })),
  password: Type.Optional(
    Type.String({ secret: true, environment: 'COUCHDB_PASSWORD', description: 'the password of that user' }),
  ),
  database: Type.String({
    default: 'faasbatch',
    pattern: '^[a-z][a-z0-9_$()+/-]*$',
    flag: '--database',
    description: 'the database that holds runs and invocations',
  }),
  embeddedPort: Type.Integer({
    default: 15984,
    minimum: 0,
    maximum: 65535,
    description: 'port of the embedded store on loopback; 0: any free one',
  }),
  idleTimeoutMs: Type.Number({
    default: 3_600_000,
    minimum: 1_000,
    unit: 'ms',
    description: 'the embedded store ends when nobody has asked it anything for so long',
  }),
});

/** Where results are kept. A `url` never carries credentials: those of COUCHDB_URL become `user` and `password`. */
export type StoreConfig = CommonConfig & Static<typeof schema>;

export const storeRole: Role = { name: 'store', schema };
