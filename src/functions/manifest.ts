import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { parseDocument } from 'yaml';
import { parseDurationMs } from '../lib/duration.ts';
import { nearest } from '../lib/nearest.ts';
import type { FunctionManifest } from '../protocol/manifest.ts';
import { NAME_PATTERN, NAME_RULE } from './name.ts';
import { manifestError, type Violation, violation } from './violations.ts';

/** The file in a function's folder that says what it is. */
export const MANIFEST_FILE = 'function.yaml';

const DAY_MS = 86_400_000;

function nullable<T extends Type.TSchema>(schema: T, description: string) {
  return Type.Union([schema, Type.Null()], { description });
}

/** What a manifest may say. A description completes the sentence "must be …"; it is the rule that messages quote. */
export const ManifestSchema = Type.Object(
  {
    name: Type.String({ pattern: NAME_PATTERN, description: NAME_RULE }),
    handler: Type.String({
      pattern: '^(?!/)(?!(?:.*/)?\\.\\.?(?:/|$))[^\\\\\\0]+\\.(?:mjs|cjs|js)$',
      maxLength: 255,
      description: "the path of a .mjs, .cjs or .js module inside the function's folder, without `..`",
    }),
    kind: Type.Enum(['cpu', 'io'], {
      description: '`cpu` (invocations spread over threads) or `io` (invocations share a thread)',
    }),
    cpus: nullable(
      Type.Number({ exclusiveMinimum: 0, maximum: 1_024 }),
      "a number of cores above 0 and at most 1024, or null for all of the host's",
    ),
    memoryMb: Type.Integer({
      minimum: 16,
      maximum: 1_048_576,
      description: 'a whole number of megabytes from 16 to 1048576',
    }),
    timeoutMs: Type.Number({
      minimum: 1,
      maximum: DAY_MS,
      description: 'a duration from 1 ms to 24 h, in milliseconds or with its unit, as in `30s`',
    }),
    concurrency: nullable(
      Type.Integer({ minimum: 1, maximum: 10_000 }),
      'a whole number of invocations from 1 to 10000, or null for the default of its kind',
    ),
    batch: Type.Boolean({ description: 'true (the handler takes and returns an array) or false' }),
    idempotent: Type.Boolean({ description: 'true (what had started may be run again) or false' }),
    network: Type.Enum(['none', 'host', 'bridge'], { description: '`none`, `host` or `bridge`' }),
    multiplex: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      maxItems: 64,
      description: 'a list of at most 64 texts of 1 to 200 characters',
    }),
    release: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      maxItems: 64,
      description: 'a list of at most 64 texts of 1 to 200 characters',
    }),
    env: Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String({ maxLength: 32_768 }), {
      additionalProperties: false,
      description: 'variable names (letters, digits, underscores) with text values; numbers need quotes',
    }),
    maxContainers: nullable(
      Type.Integer({ minimum: 1, maximum: 10_000 }),
      "a whole number from 1 to 10000, or null for the worker's limit alone",
    ),
  },
  { additionalProperties: false },
);

const DEFAULTS = {
  kind: 'io',
  cpus: null,
  memoryMb: 256,
  timeoutMs: 60_000,
  concurrency: null,
  batch: false,
  idempotent: false,
  network: 'none',
  multiplex: [],
  release: [],
  env: {},
  maxContainers: null,
} satisfies Partial<Static<typeof ManifestSchema>>;

const FIELDS = Object.entries(ManifestSchema.properties);

/**
 * Reads the text of a `function.yaml`.
 * @throws FaasError `invalid_manifest` that names every violation.
 */
export function parseManifestYaml(text: string, source: string = MANIFEST_FILE): FunctionManifest {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    const violations = document.errors.map((error): Violation => {
      const line = error.linePos?.[0].line;
      return { field: line === undefined ? '' : `line ${line}`, rule: error.message.split('\n')[0] ?? error.message };
    });
    throw manifestError(source, violations);
  }
  return parseManifest(document.toJS(), source);
}

/**
 * Checks what a `function.yaml` or a request says and fills in the defaults; an optional field that is absent, or null
 * where null means nothing else, has its default.
 * @throws FaasError `invalid_manifest`; its `details.violations` has every field that breaks its rule.
 */
export function parseManifest(value: unknown, source: string = MANIFEST_FILE): FunctionManifest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw manifestError(source, [violation('', value, 'a mapping of fields, with at least `name` and `handler`')]);
  }
  const given = Object.fromEntries(Object.entries(value).filter(([, field]) => field != null));
  const manifest: Record<string, unknown> = { ...DEFAULTS, ...withDurations(given) };
  const violations = Object.keys(given)
    .filter((field) => !Object.hasOwn(ManifestSchema.properties, field))
    .map((field) => unknownField(field));
  for (const [field, schema] of FIELDS) {
    if (!Value.Check(schema, manifest[field])) violations.push(brokenField(field, schema, given[field]));
  }
  if (violations.length > 0 || !Value.Check(ManifestSchema, manifest)) throw manifestError(source, violations);
  return manifest;
}

function withDurations(given: Record<string, unknown>): Record<string, unknown> {
  const timeout = given['timeoutMs'];
  if (typeof timeout !== 'string') return given;
  return { ...given, timeoutMs: parseDurationMs(timeout) ?? timeout };
}

function unknownField(field: string): Violation {
  const fields = FIELDS.map(([name]) => name);
  const suggestion = nearest(field, fields);
  return { field, rule: `is no field; there are ${fields.join(', ')}`, ...(suggestion && { suggestion }) };
}

/** Points at the entry that is wrong where a field is a list or a mapping. */
function brokenField(field: string, schema: Type.TSchema, value: unknown): Violation {
  const rule = String((schema as { description?: unknown }).description);
  const path = Value.Errors(schema, value)[0]?.instancePath ?? '';
  if (path === '') return violation(field, value, rule);
  const entry = path.slice(1);
  return violation(`${field}.${entry}`, (value as Record<string, unknown>)[entry], rule);
}
