import { createHash } from 'node:crypto';
import { getFieldFromDoc, massageSelector, matchesSelector, parseField } from 'pouchdb-selector-core';
import { badRequest } from './couchError.ts';
import type { Database, Json } from './database.ts';
import type { Emitted, Mapper } from './mapFunction.ts';

/** An index for `_find`, as its design document (language `query`) defines it. */
export interface MangoIndex {
  /** `_design/…`; null: the documents by their ids. */
  readonly ddoc: string | null;
  readonly name: string;
  readonly fields: readonly string[];
  readonly partial: Json | undefined;
}

export const ALL_DOCS_INDEX: MangoIndex = { ddoc: null, name: '_all_docs', fields: ['_id'], partial: undefined };

/** How `_index` and `_explain` describe an index. */
export function describeIndex(index: MangoIndex): Json {
  const fields = index.fields.map((field) => ({ [field]: 'asc' }));
  const partial = index.partial === undefined ? {} : { partial_filter_selector: index.partial };
  return {
    ddoc: index.ddoc,
    name: index.name,
    type: index.ddoc === null ? 'special' : 'json',
    def: { fields, ...partial },
  };
}

/** What it emits: its fields' values as one array key; nothing for a document that lacks one of them. */
export function indexMapper(index: MangoIndex): Mapper {
  const paths = index.fields.map(parseField);
  const partial = index.partial === undefined ? undefined : massageSelector(index.partial);
  const emit = (document: object): readonly Emitted[] => {
    if (partial !== undefined && !matchesSelector(document, partial)) return [];
    const key = paths.map((path) => getFieldFromDoc(document, path));
    return key.includes(undefined) ? [] : [{ key, value: null }];
  };
  return (documents) => documents.map(emit);
}

export async function listIndexes(database: Database): Promise<MangoIndex[]> {
  const { rows } = await database.allDocs({ startkey: '_design/', endkey: '_design0', include_docs: true });
  const stored = rows.flatMap(({ id, doc }) => (doc?.['language'] === 'query' ? indexesOf(String(id), doc) : []));
  return [ALL_DOCS_INDEX, ...stored];
}

/** Creates what `POST _index` asks for. */
export async function createIndex(database: Database, request: Json): Promise<Json> {
  const { fields, partial } = readDefinition(request);
  const digest = createHash('sha1')
    .update(JSON.stringify([fields, partial]))
    .digest('hex');
  const name = String(request['name'] ?? digest);
  const id = `_design/${String(request['ddoc'] ?? digest).replace(/^_design\//, '')}`;
  const design = (await existing(database, id)) ?? { _id: id, language: 'query', views: {} };
  if (design['language'] !== 'query') throw badRequest(`${id} is no design document of indexes`);
  const definition = {
    map: { fields: Object.fromEntries(fields.map((field) => [field, 'asc'])), partial_filter_selector: partial ?? {} },
    reduce: '_count',
    options: { def: { fields } },
  };
  const views = design['views'] as Json;
  if (JSON.stringify(views[name]) === JSON.stringify(definition)) return { result: 'exists', id, name };
  await database.put({ ...design, views: { ...views, [name]: definition } });
  return { result: 'created', id, name };
}

/** @returns whether there was such an index */
export async function deleteIndex(database: Database, ddoc: string, name: string): Promise<boolean> {
  const id = `_design/${ddoc.replace(/^_design\//, '')}`;
  const design = await existing(database, id);
  if (design === undefined || design['language'] !== 'query') return false;
  const { [name]: removed, ...rest } = design['views'] as Json;
  if (removed === undefined) return false;
  if (Object.keys(rest).length > 0) await database.put({ ...design, views: rest });
  else await database.remove(id, String(design['_rev']));
  return true;
}

function indexesOf(ddoc: string, design: Json): MangoIndex[] {
  return Object.entries((design['views'] ?? {}) as Readonly<Record<string, { map?: Json }>>).flatMap(
    ([name, { map }]) => {
      const partial = map?.['partial_filter_selector'] as Json | undefined;
      const fields = Object.keys((map?.['fields'] ?? {}) as object);
      const filtered = partial !== undefined && Object.keys(partial).length > 0;
      return fields.length === 0 ? [] : [{ ddoc, name, fields, partial: filtered ? partial : undefined }];
    },
  );
}

function readDefinition(request: Json): { fields: string[]; partial: Json | undefined } {
  if (request['type'] !== undefined && request['type'] !== 'json') {
    throw badRequest(`index type ${JSON.stringify(request['type'])} is not there: only "json"`);
  }
  const definition = (request['index'] ?? {}) as { fields?: unknown; partial_filter_selector?: Json };
  if (!Array.isArray(definition.fields) || definition.fields.length === 0) {
    throw badRequest('index.fields must be a list of field names');
  }
  const fields = definition.fields.map((field: unknown) => (typeof field === 'string' ? field : sortedField(field)));
  return { fields, partial: definition.partial_filter_selector };
}

function sortedField(field: unknown): string {
  const [[name, direction] = []] = Object.entries((field ?? {}) as object);
  if (name === undefined || direction !== 'asc') throw badRequest('fields of an index are all in ascending order');
  return name;
}

async function existing(database: Database, id: string): Promise<Json | undefined> {
  return database.get(id).catch((error: { status?: number }) => {
    if (error.status !== 404) throw error;
    return undefined;
  });
}
