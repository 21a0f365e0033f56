import { resolve } from 'node:path';
import { type ClientConfig, clientRole } from './client.ts';
import { type CommonConfig, commonRole } from './common.ts';
import { CONFIG_FILE_VARIABLE, readEnvironment } from './environment.ts';
import { findConfigFile, readConfigFile } from './file.ts';
import { deepFreeze } from './freeze.ts';
import { type Host, thisHost } from './host.ts';
import { ConfigProblems } from './problems.ts';
import { type ReplayConfig, replayRole } from './replay.ts';
import { type Field, fieldsOf, type Role } from './role.ts';
import { complaint } from './rules.ts';
import { hasCredentials, shown } from './secrets.ts';
import type { Source, Written } from './source.ts';
import { type StoreConfig, storeRole } from './store.ts';
import { readWritten } from './text.ts';
import { type WorkerConfig, workerRole } from './worker.ts';

/** All roles, each with what they share; frozen to the bottom. */
export interface Config {
  readonly common: Readonly<CommonConfig>;
  readonly worker: Readonly<WorkerConfig>;
  readonly store: Readonly<StoreConfig>;
  readonly replay: Readonly<ReplayConfig>;
  readonly client: Readonly<ClientConfig>;
}

/** One value, for those who want to see where it came from. */
export interface Setting {
  readonly field: Field;
  /** Undefined where an optional field is not set. */
  readonly value: unknown;
  /** The same, fit to be written out. */
  readonly shown: unknown;
  readonly source: Source;
}

export interface ResolvedConfig extends Config {
  /** In the order of the schemas. */
  readonly settings: readonly Setting[];
  /** The configuration file that was read. */
  readonly file: string | undefined;
}

export interface ConfigRequest {
  /** The working folder. */
  readonly folder?: string;
  /** The file that `--config` names. */
  readonly file?: string | undefined;
  readonly environment?: NodeJS.ProcessEnv;
  /** What flags say, by field path. */
  readonly flags?: ReadonlyMap<string, Written>;
  readonly host?: Host;
}

const ROLES: readonly Role[] = [commonRole, workerRole, storeRole, replayRole, clientRole];

/** Every field of every role. */
export const CONFIG_FIELDS: readonly Field[] = ROLES.flatMap(fieldsOf);

/**
 * Resolves the configuration: defaults < file < environment < flags.
 * @throws FaasError `invalid_config`; each problem names the field, the value, the rule and where it came from
 */
export function resolveConfig(request: ConfigRequest = {}): ResolvedConfig {
  const environment = request.environment ?? process.env;
  const folder = request.folder ?? process.cwd();
  const file = findConfigFile(folder, request.file ?? (environment[CONFIG_FILE_VARIABLE] || undefined));
  const written = new Map<string, Written>([
    ...(file === undefined ? [] : readConfigFile(file, CONFIG_FIELDS)),
    ...readEnvironment(environment, CONFIG_FIELDS),
    ...(request.flags ?? []),
  ]);
  const values = readValues(written, folder);
  moveUrlCredentials(values);
  addDefaults(values, request.host ?? thisHost(environment));
  const settings = CONFIG_FIELDS.map((field): Setting => {
    const { value, source } = values.get(field.path) ?? { value: undefined, source: { kind: 'default' } };
    return { field, value, shown: shown(field, value), source };
  });
  return Object.freeze({ ...deepFreeze(byRole(settings)), settings: Object.freeze(settings), file });
}

/** Reads each written value and checks it against its field's rule. */
function readValues(written: ReadonlyMap<string, Written>, folder: string): Map<string, Written> {
  const values = new Map<string, Written>();
  const problems = new ConfigProblems();
  for (const field of CONFIG_FIELDS) {
    const given = written.get(field.path);
    if (given === undefined) continue;
    const isText = given.source.kind !== 'file';
    const base = given.source.kind === 'file' ? resolve(given.source.path, '..') : folder;
    const value = readWritten(field, given.value, isText, base);
    const wrong = complaint(field, value) ?? misplacedCredentials(field, value, given.source);
    if (wrong !== undefined) problems.add(`${field.path}: ${asWritten(field, given.value)} ${wrong}`, given.source);
    values.set(field.path, { value, source: given.source });
  }
  problems.throwIfAny();
  return values;
}

function misplacedCredentials(field: Field, value: unknown, source: Source): string | undefined {
  if (field.facts.unit !== 'url' || source.kind === 'environment' || !hasCredentials(String(value))) return undefined;
  return `must not carry credentials: they are taken from the environment only (${field.environment})`;
}

function asWritten(field: Field, value: unknown): string {
  return JSON.stringify(shown(field, value));
}

/** `COUCHDB_URL=http://me:secret@host` sets the user and the password too, unless they have variables of their own. */
function moveUrlCredentials(values: Map<string, Written>): void {
  const given = values.get('store.url');
  if (given === undefined || !hasCredentials(String(given.value))) return;
  const url = new URL(String(given.value));
  const moved = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  for (const [key, value] of Object.entries(moved)) {
    const path = `store.${key}`;
    if (!values.has(path)) values.set(path, { value, source: given.source });
  }
  url.username = '';
  url.password = '';
  values.set('store.url', { value: url.href, source: given.source });
}

function addDefaults(values: Map<string, Written>, host: Host): void {
  for (const role of ROLES) {
    const fields = fieldsOf(role);
    const given = Object.fromEntries(fields.map((field) => [field.key, values.get(field.path)?.value]));
    const ofHost = role.hostDefaults?.(host, given) ?? {};
    for (const field of fields) {
      if (values.has(field.path)) continue;
      if (field.facts.default !== undefined) {
        values.set(field.path, { value: structuredClone(field.facts.default), source: { kind: 'default' } });
      } else if (field.key in ofHost) {
        values.set(field.path, { value: ofHost[field.key], source: { kind: 'host' } });
      } else if (!field.optional) {
        throw new Error(`${field.path} has neither a value nor a default`);
      }
    }
  }
}

function byRole(settings: readonly Setting[]): Config {
  const of = (role: Role['name']): Record<string, unknown> =>
    Object.fromEntries(
      settings
        .filter((setting) => setting.field.role === role && setting.value !== undefined)
        .map((setting) => [setting.field.key, setting.value]),
    );
  const common = of('');
  const roles = {
    common,
    worker: { ...common, ...of('worker') },
    store: { ...common, ...of('store') },
    replay: { ...common, ...of('replay') },
    client: { ...common, ...of('client') },
  };
  // Every value has passed its field's schema, and every field without one has its default.
  return roles as unknown as Config;
}
