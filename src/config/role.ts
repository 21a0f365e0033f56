import type { TObject, TSchema } from 'typebox';
import type { Host } from './host.ts';

/** How a field's text is read and its value written: see `text.ts`. */
export type Unit = 'ms' | 'bytes' | 'MB' | 'path' | 'url' | 'list' | 'pairs';

/** What a field's schema says beside its type. */
export interface FieldFacts {
  readonly description: string;
  readonly default?: unknown;
  readonly unit?: Unit;
  /** Its environment variable, where that is not `FAASBATCH_…` made from its name. */
  readonly environment?: string;
  /** Its flag, where that is not its name in kebab case without the unit. */
  readonly flag?: string;
  /** Given by the environment only, and never written out. */
  readonly secret?: boolean;
  /** Values that people may try, and what to tell them. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** The configuration of one role: a section of the file, a prefix in the environment. */
export interface Role {
  /** The section's name; '' for what all roles share, at the top of the file. */
  readonly name: '' | 'worker' | 'store' | 'replay' | 'client';
  readonly schema: TObject;
  /** Defaults that only the host can tell, for the fields whose schema has none; `given` is what is known so far. */
  hostDefaults?(host: Host, given: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

export interface Field {
  /** `worker.dispatchIntervalMs`; as in the file, with a dot for the section. */
  readonly path: string;
  /** `dispatchIntervalMs`. */
  readonly key: string;
  readonly role: Role['name'];
  /** `FAASBATCH_DISPATCH_INTERVAL_MS`. */
  readonly environment: string;
  /** `--dispatch-interval`. */
  readonly flag: string;
  readonly optional: boolean;
  readonly schema: TSchema;
  readonly facts: FieldFacts;
}

export function fieldsOf(role: Role): Field[] {
  const required = new Set<string>(role.schema.required);
  return Object.entries(role.schema.properties).map(([key, schema]) => {
    const facts = schema as unknown as FieldFacts;
    return {
      path: role.name === '' ? key : `${role.name}.${key}`,
      key,
      role: role.name,
      environment: facts.environment ?? `FAASBATCH_${environmentPrefix(role.name)}${separated(key, '_').toUpperCase()}`,
      flag: facts.flag ?? `--${separated(key.replace(/(Ms|Mb|Bytes)$/, ''), '-')}`,
      optional: !required.has(key),
      schema,
      facts,
    };
  });
}

function environmentPrefix(role: Role['name']): string {
  return role === 'store' || role === 'replay' ? `${role.toUpperCase()}_` : '';
}

function separated(key: string, separator: string): string {
  return key.replace(/[A-Z]/g, (capital) => separator + capital.toLowerCase());
}
