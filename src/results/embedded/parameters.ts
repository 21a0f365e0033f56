import { badRequest, queryParseError } from './couchError.ts';

export type Parameters = Readonly<Record<string, unknown>>;

const JSON_PARAMETERS = ['key', 'keys', 'startkey', 'endkey', 'start_key', 'end_key', 'doc_ids', 'open_revs'];
const ALIASES: Readonly<Record<string, string>> = {
  start_key: 'startkey',
  end_key: 'endkey',
  start_key_doc_id: 'startkey_docid',
  end_key_doc_id: 'endkey_docid',
};

/**
 * The parameters of a question, from the URL and (of a POST) from the body, which has the last word. Keys in the URL
 * are JSON, as CouchDB has it.
 * @throws CouchError `query_parse_error`
 */
export function readParameters(query: unknown, body?: unknown): Parameters {
  const parameters: Record<string, unknown> = {};
  for (const [name, text] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    parameters[ALIASES[name] ?? name] = JSON_PARAMETERS.includes(name) ? parseKey(name, text) : text;
  }
  for (const [name, value] of Object.entries(objectBody(body ?? {}))) parameters[ALIASES[name] ?? name] = value;
  return parameters;
}

/** @throws CouchError 400 for a body that is no object */
export function objectBody(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('Request body must be a JSON object');
  }
  return body as Record<string, unknown>;
}

export function flag(parameters: Parameters, name: string): boolean | undefined {
  const value = parameters[name];
  if (value === undefined) return undefined;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw queryParseError(`Invalid boolean parameter: ${name} = ${JSON.stringify(value)}`);
}

/** A whole number of 0 or more. */
export function count(parameters: Parameters, name: string): number | undefined {
  const value = parameters[name];
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw queryParseError(`Invalid value for ${name}: ${JSON.stringify(value)}, must be a whole number of 0 or more`);
}

export function text(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  if (value === undefined || typeof value === 'string') return value;
  throw queryParseError(`Invalid value for ${name}: ${JSON.stringify(value)}, must be a string`);
}

export function list(parameters: Parameters, name: string): readonly unknown[] | undefined {
  const value = parameters[name];
  if (value === undefined || Array.isArray(value)) return value;
  throw badRequest(`\`${name}\` parameter must be an array.`);
}

export function strings(parameters: Parameters, name: string): readonly string[] | undefined {
  const values = list(parameters, name);
  if (values?.every((value) => typeof value === 'string') === false) {
    throw badRequest(`\`${name}\` parameter must be an array of strings.`);
  }
  return values as readonly string[] | undefined;
}

function parseKey(name: string, text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    throw queryParseError(`Invalid value for ${name}: ${String(text)} is no JSON`);
  }
}
