import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { massageSelector, matchesSelector } from 'pouchdb-selector-core';
import { badRequest } from './couchError.ts';
import type { Change, Database, Json } from './database.ts';
import { count, flag, type Parameters, strings, text } from './parameters.ts';

const PAGE_CHANGES = 500;
const DEFAULT_TIMEOUT_MS = 60_000;

/** What a feed is asked for. */
export interface FeedRequest {
  readonly feed: 'normal' | 'longpoll' | 'continuous';
  readonly since: number;
  readonly limit: number;
  readonly descending: boolean;
  readonly includeDocs: boolean;
  /** How long a feed without changes waits for one. */
  readonly timeoutMs: number;
  /** Milliseconds between signs of life; undefined: none, and the timeout holds. */
  readonly heartbeatMs: number | undefined;
  readonly keep: (change: Change) => boolean;
  readonly needsDocument: boolean;
}

/** @throws CouchError 400 for a feed or a filter that is not there */
export async function readFeedRequest(database: Database, parameters: Parameters): Promise<FeedRequest> {
  const feed = text(parameters, 'feed') ?? 'normal';
  if (feed !== 'normal' && feed !== 'longpoll' && feed !== 'continuous') {
    throw badRequest(`feed "${feed}" is not there: normal, longpoll or continuous`);
  }
  const heartbeat = parameters['heartbeat'];
  const filter = readFilter(parameters);
  return {
    feed,
    since: await readSince(database, parameters['since'] ?? parameters['last-event-id']),
    limit: Math.max(1, count(parameters, 'limit') ?? Number.POSITIVE_INFINITY),
    descending: flag(parameters, 'descending') ?? false,
    includeDocs: flag(parameters, 'include_docs') ?? false,
    timeoutMs: Math.min(DEFAULT_TIMEOUT_MS, count(parameters, 'timeout') ?? DEFAULT_TIMEOUT_MS),
    heartbeatMs: heartbeat === 'true' || heartbeat === true ? DEFAULT_TIMEOUT_MS : count(parameters, 'heartbeat'),
    ...filter,
  };
}

/** What a feed tells: a change, that it lives, or (last) up to where it has come. */
export type FeedEvent =
  | { readonly type: 'change'; readonly change: Json }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'end'; readonly lastSeq: string };

/**
 * The changes of a database in order, in pages; then, for the feeds that wait, what changes later. Ends with `end`,
 * or without a word when the signal aborts.
 */
export async function* feedChanges(
  database: Database,
  request: FeedRequest,
  signal: AbortSignal,
): AsyncGenerator<FeedEvent> {
  if (request.descending) return yield* lastChangesFirst(database, request);
  let { since } = request;
  let told = 0;
  while (!signal.aborted) {
    const { version } = database;
    const { results, last_seq } = await database.changes({
      since,
      limit: PAGE_CHANGES,
      include_docs: request.includeDocs || request.needsDocument,
    });
    since = results.length < PAGE_CHANGES ? Math.max(since, last_seq) : (results.at(-1)?.seq ?? since);
    for (const change of results.filter(request.keep)) {
      if (told >= request.limit) break;
      told += 1;
      yield { type: 'change', change: shown(change, request.includeDocs) };
      since = told >= request.limit ? change.seq : since;
    }
    const done = request.feed === 'normal' || (request.feed === 'longpoll' && told > 0) || told >= request.limit;
    if (results.length === PAGE_CHANGES && told < request.limit) continue;
    if (done || !(yield* waitForChange(database, version, request, signal))) break;
  }
  if (!signal.aborted) yield { type: 'end', lastSeq: String(since) };
}

/** @returns whether the database has changed since that version, before the time was over */
async function* waitForChange(
  database: Database,
  version: number,
  { timeoutMs, heartbeatMs }: FeedRequest,
  signal: AbortSignal,
): AsyncGenerator<FeedEvent, boolean> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const changed = once(database.changed, 'change', { signal: either }).then(
    () => true,
    () => true,
  );
  try {
    while (database.version === version && !signal.aborted) {
      const pause = delay(heartbeatMs ?? timeoutMs, false, { signal: either }).catch(() => true);
      if (await Promise.race([changed, pause])) break;
      if (heartbeatMs === undefined) return false;
      yield { type: 'heartbeat' };
    }
    return true;
  } finally {
    over.abort();
  }
}

async function* lastChangesFirst(database: Database, request: FeedRequest): AsyncGenerator<FeedEvent> {
  const limited = Number.isFinite(request.limit) ? { limit: request.limit } : {};
  const include_docs = request.includeDocs || request.needsDocument;
  const { results } = await database.changes({ since: request.since, descending: true, include_docs, ...limited });
  for (const change of results.filter(request.keep)) {
    yield { type: 'change', change: shown(change, request.includeDocs) };
  }
  yield { type: 'end', lastSeq: String(results.at(-1)?.seq ?? request.since) };
}

function shown({ id, seq, changes, deleted, doc }: Change, includeDocs: boolean): Json {
  return {
    seq: String(seq),
    id,
    changes,
    ...(deleted === true ? { deleted } : {}),
    ...(includeDocs ? { doc } : {}),
  };
}

async function readSince(database: Database, since: unknown): Promise<number> {
  if (since === undefined || since === '') return 0;
  if (since === 'now') return (await database.info()).update_seq;
  const number = Number(since);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw badRequest(`Malformed sequence supplied in 'since' parameter: ${JSON.stringify(since)}`);
}

function readFilter(parameters: Parameters): Pick<FeedRequest, 'keep' | 'needsDocument'> {
  const filter = text(parameters, 'filter');
  if (filter === undefined) return { keep: () => true, needsDocument: false };
  if (filter === '_design') return { keep: ({ id }) => id.startsWith('_design/'), needsDocument: false };
  if (filter === '_doc_ids') {
    const ids = new Set(strings(parameters, 'doc_ids'));
    return { keep: ({ id }) => ids.has(id), needsDocument: false };
  }
  if (filter === '_selector') return { keep: selectorFilter(parameters['selector']), needsDocument: true };
  throw badRequest(`filter "${filter}" is not there: _doc_ids, _selector or _design`);
}

function selectorFilter(given: unknown): (change: Change) => boolean {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw badRequest('Selector must be a JSON object');
  }
  const selector = massageSelector(given);
  try {
    matchesSelector({}, selector);
  } catch (thrown) {
    throw badRequest(thrown instanceof Error ? thrown.message : String(thrown));
  }
  return ({ doc }) => doc !== undefined && matchesSelector(doc, selector);
}
