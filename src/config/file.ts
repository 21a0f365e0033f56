import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { asError, FaasError } from '../protocol/errors.ts';
import { ConfigProblems } from './problems.ts';
import type { Field } from './role.ts';
import type { Source, Written } from './source.ts';

const CONFIG_FILE = 'faasbatch.yaml';

/**
 * The configuration file that holds: the one that was named, or `faasbatch.yaml` in the working folder.
 * @throws FaasError `invalid_config` if the named one does not exist
 */
export function findConfigFile(folder: string, named?: string): string | undefined {
  if (named === undefined) {
    const path = join(folder, CONFIG_FILE);
    return existsSync(path) ? path : undefined;
  }
  const path = resolve(folder, named);
  if (!existsSync(path)) throw new FaasError('invalid_config', `there is no configuration file ${path}`);
  return path;
}

/**
 * What a configuration file says, by field path.
 * @throws FaasError `invalid_config`: not YAML, a field that does not exist, a secret
 */
export function readConfigFile(path: string, fields: readonly Field[]): Map<string, Written> {
  const source: Source = { kind: 'file', path };
  const problems = new ConfigProblems();
  const found = new Map<string, Written>();
  const sections = new Set(fields.map((field) => field.role).filter((role) => role !== ''));
  for (const [key, value] of Object.entries(parseFile(path))) {
    if (!sections.has(key as 'worker')) {
      found.set(key, { value, source });
    } else if (isMapping(value)) {
      for (const [inner, innerValue] of Object.entries(value)) {
        found.set(`${key}.${inner}`, { value: innerValue, source });
      }
    } else if (value !== null) {
      problems.add(`${key}: must be a section with fields of its own, got ${JSON.stringify(value)}`, source);
    }
  }
  const known = new Map(fields.map((field) => [field.path, field]));
  for (const name of found.keys()) {
    const field = known.get(name);
    if (field === undefined) problems.addUnknown(name, [...known.keys(), ...sections], source);
    else if (field.facts.secret) problems.add(`${name}: secrets are taken from ${field.environment} only`, source);
  }
  problems.throwIfAny();
  return found;
}

function parseFile(path: string): Record<string, unknown> {
  const document = parseDocument(readText(path), { prettyErrors: true });
  const error = document.errors[0];
  if (error !== undefined) {
    throw new FaasError('invalid_config', `${path} is not YAML: ${error.message.split('\n')[0]?.replace(/:$/, '')}`);
  }
  const content: unknown = document.toJS();
  if (content === null || content === undefined) return {};
  if (!isMapping(content)) throw new FaasError('invalid_config', `${path}: must hold fields, such as "seed: 5432"`);
  return content;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new FaasError('invalid_config', `cannot read ${path}: ${asError(thrown).message}`);
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
