import type { AllDocsQuestion, AllDocsRow, Database } from './database.ts';
import { count, flag, type Parameters, strings, text } from './parameters.ts';

const PAGE_DOCUMENTS = 500;

export interface AllDocsAnswer {
  readonly totalRows: number;
  readonly offset: number;
  readonly rows: AsyncIterable<AllDocsRow>;
}

/** `_all_docs`, page by page: PouchDB reading all at once keeps every other question waiting. */
export async function askAllDocs(database: Database, parameters: Parameters): Promise<AllDocsAnswer> {
  const keys = strings(parameters, 'keys');
  const include_docs = flag(parameters, 'include_docs') ?? false;
  const skip = count(parameters, 'skip') ?? 0;
  const limit = count(parameters, 'limit') ?? Number.POSITIVE_INFINITY;
  const { doc_count: totalRows } = await database.info();
  const rows =
    keys === undefined ? rowsOfRange(database, parameters, include_docs) : rowsOfKeys(database, keys, include_docs);
  return { totalRows, offset: skip, rows: slice(rows, skip, limit) };
}

/** Documents whose ids lie behind one, in pages of the given size at most. */
export async function* scanDocuments(
  database: Database,
  question: Omit<AllDocsQuestion, 'limit' | 'skip' | 'keys'>,
): AsyncGenerator<AllDocsRow> {
  let range: AllDocsQuestion = question;
  for (;;) {
    const { rows } = await database.allDocs({ ...range, limit: PAGE_DOCUMENTS + 1 });
    yield* rows.slice(0, PAGE_DOCUMENTS);
    const next = rows[PAGE_DOCUMENTS];
    if (next === undefined) return;
    range = { ...question, startkey: next.key };
  }
}

async function* rowsOfRange(
  database: Database,
  parameters: Parameters,
  include_docs: boolean,
): AsyncGenerator<AllDocsRow> {
  const key = text(parameters, 'key');
  const startkey = key ?? text(parameters, 'startkey');
  const endkey = key ?? text(parameters, 'endkey');
  yield* scanDocuments(database, {
    include_docs,
    descending: flag(parameters, 'descending') ?? false,
    inclusive_end: flag(parameters, 'inclusive_end') ?? true,
    ...(startkey === undefined ? {} : { startkey }),
    ...(endkey === undefined ? {} : { endkey }),
  });
}

async function* rowsOfKeys(
  database: Database,
  keys: readonly string[],
  include_docs: boolean,
): AsyncGenerator<AllDocsRow> {
  for (let from = 0; from < keys.length; from += PAGE_DOCUMENTS) {
    const { rows } = await database.allDocs({ keys: keys.slice(from, from + PAGE_DOCUMENTS), include_docs });
    yield* rows;
  }
}

export async function* slice<T>(rows: AsyncIterable<T>, skip: number, limit: number): AsyncGenerator<T> {
  if (limit === 0) return;
  let seen = 0;
  for await (const row of rows) {
    seen += 1;
    if (seen > skip) yield row;
    if (seen >= skip + limit) return;
  }
}
