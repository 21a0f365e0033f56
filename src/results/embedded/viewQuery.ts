import { collate } from 'pouchdb-collate';
import { slice } from './allDocs.ts';
import { queryParseError } from './couchError.ts';
import type { Database, Json, ViewDefinition } from './database.ts';
import { count, flag, list, type Parameters, text } from './parameters.ts';
import { type ReduceName, startReduction } from './reduce.ts';
import type { RowRange, ViewRow } from './rowStore.ts';
import type { View } from './view.ts';

const PAGE_ROWS = 200;

/** What a view answers: mapped rows with their total, or reduced ones without. */
export interface ViewAnswer {
  readonly head: Json;
  readonly rows: AsyncIterable<unknown>;
}

/** Answers a question to a view as CouchDB does. */
export async function askView(
  database: Database,
  { view, reduce }: ViewDefinition,
  parameters: Parameters,
): Promise<ViewAnswer> {
  const ranges = rangesOf(parameters);
  const skip = count(parameters, 'skip') ?? 0;
  const limit = count(parameters, 'limit') ?? Number.POSITIVE_INFINITY;
  if (parameters['stale'] === undefined && parameters['update'] !== 'false') await view.update();
  if (reduce !== undefined && flag(parameters, 'reduce') !== false) {
    const level = groupLevel(parameters, ranges.length);
    return { head: {}, rows: slice(reducedRows(mappedRows(view, ranges), reduce, level), skip, limit) };
  }
  if (flag(parameters, 'group') === true || parameters['group_level'] !== undefined) {
    throw queryParseError('Invalid use of grouping on a map view.');
  }
  const rows = slice(mappedRows(view, ranges), skip, limit);
  return {
    head: { total_rows: await view.totalRows(), offset: skip },
    rows: flag(parameters, 'include_docs') === true ? withDocuments(database, rows) : rows,
  };
}

function rangesOf(parameters: Parameters): RowRange[] {
  const descending = flag(parameters, 'descending') ?? false;
  const keys = list(parameters, 'keys');
  if (keys !== undefined) return keys.map((key) => ({ startkey: key, endkey: key, descending }));
  const { key } = parameters;
  if (key !== undefined) return [{ startkey: key, endkey: key, descending }];
  const { startkey, endkey } = parameters;
  if (startkey !== undefined && endkey !== undefined && collate(startkey, endkey) * (descending ? -1 : 1) > 0) {
    const advice = descending ? 'set {"descending":false}' : 'set {"descending":true}';
    throw queryParseError(`No rows can match your key range, reverse your start_key and end_key or ${advice}`);
  }
  return [
    {
      startkey,
      endkey,
      startkeyDocid: text(parameters, 'startkey_docid'),
      endkeyDocid: text(parameters, 'endkey_docid'),
      inclusiveEnd: flag(parameters, 'inclusive_end') ?? true,
      descending,
    },
  ];
}

/** How many members of array keys make a group; 0: all rows are one. */
function groupLevel(parameters: Parameters, ranges: number): number {
  if (flag(parameters, 'include_docs') === true) throw queryParseError('`include_docs` is invalid for reduce');
  const level = flag(parameters, 'group') === true ? Number.POSITIVE_INFINITY : (count(parameters, 'group_level') ?? 0);
  if (ranges > 1 && level !== Number.POSITIVE_INFINITY) {
    throw queryParseError('Multi-key fetches for reduce views must use `group=true`');
  }
  return level;
}

async function* mappedRows(view: View, ranges: readonly RowRange[]): AsyncGenerator<ViewRow> {
  for (const range of ranges) {
    for await (const { id, key, value } of view.rows(range)) yield { id, key, value };
  }
}

async function* reducedRows(
  rows: AsyncIterable<ViewRow>,
  reduce: ReduceName,
  level: number,
): AsyncGenerator<{ key: unknown; value: unknown }> {
  let group: { key: unknown; reduction: ReturnType<typeof startReduction> } | undefined;
  for await (const row of rows) {
    const key = groupKey(row.key, level);
    if (group === undefined || collate(group.key, key) !== 0) {
      if (group !== undefined) yield { key: group.key, value: group.reduction.result };
      group = { key, reduction: startReduction(reduce) };
    }
    group.reduction.add(row.value);
  }
  if (group !== undefined) yield { key: group.key, value: group.reduction.result };
}

function groupKey(key: unknown, level: number): unknown {
  if (level === 0) return null;
  return Array.isArray(key) && level !== Number.POSITIVE_INFINITY ? key.slice(0, level) : key;
}

async function* withDocuments(database: Database, rows: AsyncIterable<ViewRow>): AsyncGenerator<object> {
  let page: ViewRow[] = [];
  for await (const row of rows) {
    page.push(row);
    if (page.length < PAGE_ROWS) continue;
    yield* await attach(database, page);
    page = [];
  }
  yield* await attach(database, page);
}

/** Puts its document into each row: of the value's `_id` where it names one (a linked document), else of the row. */
export async function attach<T extends ViewRow>(
  database: Database,
  rows: readonly T[],
): Promise<(T & { readonly doc: Json | null })[]> {
  if (rows.length === 0) return [];
  const keys = rows.map(({ id, value }) => {
    const linked = (value as { _id?: unknown } | null)?._id;
    return typeof linked === 'string' ? linked : id;
  });
  const found = await database.allDocs({ keys: [...new Set(keys)], include_docs: true });
  const documents = new Map(found.rows.map((row) => [row.key, row.doc ?? null]));
  return rows.map((row, index) => ({ ...row, doc: documents.get(keys[index] ?? '') ?? null }));
}
