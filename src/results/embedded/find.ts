import { getFieldFromDoc, matchesSelector, parseField, setFieldInDoc } from 'pouchdb-selector-core';
import { scanDocuments } from './allDocs.ts';
import { badRequest } from './couchError.ts';
import type { Database, Json } from './database.ts';
import { describeIndex, indexMapper, listIndexes } from './mangoIndex.ts';
import { type FindPlan, type FindRequest, planFind, readFindRequest } from './mangoPlan.ts';
import type { Parameters } from './parameters.ts';
import type { PlacedRow, RowRange } from './rowStore.ts';
import { attach } from './viewQuery.ts';

const PAGE_ROWS = 200;

/** A document, and the place behind which a later question goes on. */
interface Candidate {
  readonly document: Json;
  readonly place: string;
}

/** Answers `_find`. Documents are read in pages until enough match, so that nobody else waits long. */
export async function find(database: Database, body: Parameters): Promise<Json> {
  const request = readFindRequest(body);
  const plan = planFind(request, await listIndexes(database));
  const docs: Json[] = [];
  let place: string | undefined;
  let skipped = 0;
  const candidates = plan.index.ddoc === null ? byId(database, plan, request) : byIndex(database, plan, request);
  for await (const candidate of candidates) {
    if (docs.length >= request.limit) break;
    if (!matches(candidate.document, request.selector)) continue;
    skipped += 1;
    if (skipped <= request.skip) continue;
    docs.push(request.fields === undefined ? candidate.document : pick(candidate.document, request.fields));
    place = candidate.place;
  }
  const bookmark = place === undefined ? (request.bookmark ?? 'nil') : encodeBookmark(plan, place);
  return { docs, bookmark, ...(plan.warning === undefined ? {} : { warning: plan.warning }) };
}

/** Answers `_explain`: which index `_find` would use, and which part of it. */
export async function explain(database: Database, body: Parameters): Promise<Json> {
  const request = readFindRequest(body);
  const plan = planFind(request, await listIndexes(database));
  const { selector, limit, skip, fields } = request;
  return {
    dbname: database.name,
    index: describeIndex(plan.index),
    selector,
    opts: { bookmark: request.bookmark ?? 'nil', limit, skip, sort: body['sort'] ?? {}, fields: fields ?? [] },
    limit,
    skip,
    fields: fields ?? [],
    range: { start_key: plan.low ?? null, end_key: plan.high ?? null },
  };
}

async function* byId(
  database: Database,
  { descending, low, high }: FindPlan,
  request: FindRequest,
): AsyncGenerator<Candidate> {
  const [start, end] = (descending ? [high?.[0], low?.[0]] : [low?.[0], high?.[0]]).map((id) =>
    typeof id === 'string' ? id : undefined,
  );
  const after = decodeBookmark('_all_docs', request.bookmark);
  const startkey = after ?? start;
  const range = { ...(startkey === undefined ? {} : { startkey }), ...(end === undefined ? {} : { endkey: end }) };
  for await (const { id = '', doc } of scanDocuments(database, { ...range, descending, include_docs: true })) {
    if (id === after || id.startsWith('_design/') || doc === undefined || doc === null) continue;
    yield { document: doc, place: id };
  }
}

async function* byIndex(database: Database, plan: FindPlan, request: FindRequest): AsyncGenerator<Candidate> {
  const { index, descending, low, high } = plan;
  const definition = [index.fields, index.partial];
  const view = await database.openView(`${index.ddoc}/${index.name}`, definition, () => indexMapper(index));
  await view.update();
  const range: RowRange = {
    startkey: descending ? high : low,
    endkey: descending ? low : high,
    descending,
    after: decodeBookmark(indexName(plan), request.bookmark),
  };
  for await (const page of inPages(view.rows(range))) {
    for (const { doc, place } of await attach(database, page)) if (doc !== null) yield { document: doc, place };
  }
}

/** The first pages are small: most questions want few documents. */
async function* inPages(rows: AsyncIterable<PlacedRow>): AsyncGenerator<PlacedRow[]> {
  let page: PlacedRow[] = [];
  let size = 25;
  for await (const row of rows) {
    page.push(row);
    if (page.length < size) continue;
    yield page;
    page = [];
    size = Math.min(PAGE_ROWS, size * 2);
  }
  if (page.length > 0) yield page;
}

function matches(document: Json, selector: Record<string, unknown>): boolean {
  try {
    return matchesSelector(document, selector);
  } catch (thrown) {
    throw badRequest(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function pick(document: Json, fields: readonly string[]): Json {
  const picked: Record<string, unknown> = {};
  for (const path of fields.map(parseField)) {
    const value = getFieldFromDoc(document, path);
    if (value !== undefined) setFieldInDoc(picked, path, value);
  }
  return picked;
}

function indexName({ index }: FindPlan): string {
  return index.ddoc === null ? index.name : `${index.ddoc}/${index.name}`;
}

function encodeBookmark(plan: FindPlan, place: string): string {
  return Buffer.from(JSON.stringify([indexName(plan), place])).toString('base64url');
}

/** @throws CouchError 400 for a bookmark that was not made here, or for a question by another index */
function decodeBookmark(name: string, bookmark: string | undefined): string | undefined {
  if (bookmark === undefined) return undefined;
  try {
    const [index, place] = JSON.parse(Buffer.from(bookmark, 'base64url').toString('utf8')) as unknown[];
    if (index === name && typeof place === 'string') return place;
  } catch {
    // answered below
  }
  throw badRequest(`Invalid bookmark value: ${JSON.stringify(bookmark)}`);
}
