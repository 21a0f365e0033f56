import { massageSelector } from 'pouchdb-selector-core';
import { badRequest, CouchError } from './couchError.ts';
import type { Json } from './database.ts';
import { ALL_DOCS_INDEX, type MangoIndex } from './mangoIndex.ts';
import { count, type Parameters, strings } from './parameters.ts';

/** A question to `_find`. */
export interface FindRequest {
  /** Massaged: every condition an operator. */
  readonly selector: Record<string, unknown>;
  readonly sort: readonly { readonly field: string; readonly descending: boolean }[];
  readonly fields: readonly string[] | undefined;
  readonly limit: number;
  readonly skip: number;
  readonly bookmark: string | undefined;
  /** Names of the design document and, maybe, of the index in it. */
  readonly useIndex: readonly string[];
}

/** Which rows of which index are read. What they bring is still matched against the selector. */
export interface FindPlan {
  readonly index: MangoIndex;
  readonly descending: boolean;
  readonly low: readonly unknown[] | undefined;
  readonly high: readonly unknown[] | undefined;
  readonly warning: string | undefined;
}

const DEFAULT_LIMIT = 25;
const HOLDS_WITHOUT_FIELD = ['$ne', '$nin', '$not'];
/** Sorts behind all that JSON has. */
const HIGHEST = { '\uffff': {} };

export function readFindRequest(body: Parameters): FindRequest {
  const { selector, sort = [], use_index: useIndex = [], bookmark } = body;
  if (typeof selector !== 'object' || selector === null || Array.isArray(selector)) {
    throw badRequest('Selector must be a JSON object');
  }
  if (!Array.isArray(sort)) throw badRequest('sort must be a list');
  return {
    selector: massageSelector(selector),
    sort: sort.map(readSort),
    fields: strings(body, 'fields'),
    limit: count(body, 'limit') ?? DEFAULT_LIMIT,
    skip: count(body, 'skip') ?? 0,
    bookmark: typeof bookmark === 'string' && bookmark !== '' && bookmark !== 'nil' ? bookmark : undefined,
    useIndex: [useIndex].flat().map((name) => String(name).replace(/^_design\//, '')),
  };
}

/**
 * Picks the index by which the fewest documents need to be read: that with the most leading fields held equal, then
 * one whose next field is bounded, then the one with the fewest fields. An index counts only if the selector or the
 * sort requires all its fields (documents without them are not in it), and if it gives the order asked for.
 * @throws CouchError 400 `no_usable_index` for an order that no index gives
 */
export function planFind(request: FindRequest, indexes: readonly MangoIndex[]): FindPlan {
  const { selector, sort } = request;
  const descending = sort[0]?.descending ?? false;
  if (sort.some((field) => field.descending !== descending)) {
    throw new CouchError(
      400,
      'unsupported_mixed_sort',
      'Sorts currently only support a single direction for all fields.',
    );
  }
  const usable = indexes.filter((index) => index.ddoc !== null && isUsable(index, request));
  const named = usable.filter((index) => isNamed(index, request.useIndex));
  const best = (named.length > 0 ? named : usable.filter(({ partial }) => partial === undefined)).toSorted(
    (a, b) => gain(b, selector) - gain(a, selector) || a.fields.length - b.fields.length,
  )[0];
  if (best !== undefined) {
    const warning = request.useIndex.length > 0 && named.length === 0 ? notUsed(request.useIndex) : undefined;
    return { index: best, descending, ...rangeOf(best, selector), warning };
  }
  if (sort.some(({ field }) => field !== '_id')) {
    const reason = 'No index exists for this sort, try indexing by the sort fields.';
    throw new CouchError(400, 'no_usable_index', reason);
  }
  const bounded = Object.keys(bounds(selector['_id'])).length > 0;
  const warning = bounded ? undefined : 'No matching index found, create an index to optimize query time.';
  return { index: ALL_DOCS_INDEX, descending, ...rangeOf(ALL_DOCS_INDEX, selector), warning };
}

function isUsable(index: MangoIndex, { selector, sort }: FindRequest): boolean {
  const sorted = new Set(sort.map(({ field }) => field));
  if (!index.fields.every((field) => sorted.has(field) || requires(selector[field]))) return false;
  const fixed = equalPrefix(index, selector);
  const order = sort.map(({ field }) => field);
  for (let from = 0; from <= fixed; from += 1) {
    if (order.every((field, position) => index.fields[from + position] === field)) return true;
  }
  return false;
}

/** Whether a condition can only hold for a document that has the field. */
function requires(condition: unknown): boolean {
  return Object.entries((condition ?? {}) as object).some(([operator, value]) =>
    operator === '$exists' ? value === true : !HOLDS_WITHOUT_FIELD.includes(operator),
  );
}

function isNamed({ ddoc, name }: MangoIndex, [design, index]: readonly string[]): boolean {
  return design !== undefined && ddoc === `_design/${design}` && (index === undefined || index === name);
}

function notUsed(useIndex: readonly string[]): string {
  return `${useIndex.join('/')} was not used because it does not contain a valid index for this query.`;
}

function gain(index: MangoIndex, selector: Json): number {
  const fixed = equalPrefix(index, selector);
  const next = index.fields[fixed];
  return 2 * fixed + (next !== undefined && Object.keys(bounds(selector[next])).length > 0 ? 1 : 0);
}

function equalPrefix(index: MangoIndex, selector: Json): number {
  const differs = index.fields.findIndex((field) => !('equal' in bounds(selector[field])));
  return differs === -1 ? index.fields.length : differs;
}

function rangeOf(index: MangoIndex, selector: Json): Pick<FindPlan, 'low' | 'high'> {
  const fixed = equalPrefix(index, selector);
  const equal = index.fields.slice(0, fixed).map((field) => bounds(selector[field]).equal);
  const next = bounds(selector[index.fields[fixed] ?? '']);
  return {
    low: 'low' in next ? [...equal, next.low] : equal.length > 0 ? equal : undefined,
    high: 'high' in next ? [...equal, next.high, HIGHEST] : equal.length > 0 ? [...equal, HIGHEST] : undefined,
  };
}

/** What a condition says of where values lie. Bounds are taken as included: the selector sorts out the rest. */
function bounds(condition: unknown): { equal?: unknown; low?: unknown; high?: unknown } {
  const { $eq, $gt, $gte = $gt, $lt, $lte = $lt } = (condition ?? {}) as Record<string, unknown>;
  return {
    ...($eq === undefined ? {} : { equal: $eq }),
    ...($gte === undefined ? {} : { low: $gte }),
    ...($lte === undefined ? {} : { high: $lte }),
  };
}

function readSort(sort: unknown): { field: string; descending: boolean } {
  if (typeof sort === 'string') return { field: sort, descending: false };
  const [[field, direction] = []] = Object.entries((sort ?? {}) as object);
  if (field === undefined || (direction !== 'asc' && direction !== 'desc')) {
    throw badRequest(`sort: ${JSON.stringify(sort)} must be a field or {"field": "asc" or "desc"}`);
  }
  return { field, descending: direction === 'desc' };
}
