import { type Static, Type } from 'typebox';
import type { Role } from './role.ts';

const schema = Type.Object({
  home: Type.String({
    unit: 'path',
    minLength: 1,
    description: 'folder of functions, runs and the embedded store',
  }),
  seed: Type.Integer({ default: 5432, minimum: 0, description: 'of everything random: the same seed, the same draws' }),
  redisUrl: Type.Optional(
    Type.String({
      unit: 'url',
      pattern: '^rediss?://',
      environment: 'REDIS_URL',
      description: 'a Redis server, redis://host:port; none: what needs one is off',
    }),
  ),
});

/** What every role knows. */
export type CommonConfig = Static<typeof schema>;

export const commonRole: Role = {
  name: '',
  schema,
  hostDefaults: (host) => ({ home: host.home }),
};
