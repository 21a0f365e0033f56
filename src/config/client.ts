import { type Static, Type } from 'typebox';
import type { CommonConfig } from './common.ts';
import type { Role } from './role.ts';

const schema = Type.Object({
  url: Type.String({
    default: 'http://127.0.0.1:8080',
    unit: 'url',
    pattern: '^https?://',
    description: 'the worker that commands speak to, http://host:port',
  }),
  apiKey: Type.Optional(Type.String({ secret: true, minLength: 1, description: 'the key to show to that worker' })),
});

/** Where the worker is that `function`, `invoke` and `logs` ask. The key is known to those alone. */
export type ClientConfig = CommonConfig & Static<typeof schema>;

export const clientRole: Role = { name: 'client', schema };
