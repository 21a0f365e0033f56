import { isDeepStrictEqual } from 'node:util';
import nano from 'nano';
import type { FaasError } from '../protocol/errors.ts';
import { DESIGN_DOCUMENTS, type DesignDocument, MANGO_INDEXES } from './designDocuments.ts';
import type { StoreAddress } from './storeAddress.ts';
import { answeredStatus, notCouchDb, storeError, unreachable } from './storeErrors.ts';

const REQUEST_TIMEOUT_MS = 60_000;
const PAGE_DOCUMENTS = 1_000;
const INSERT_ROUNDS = 4;

export interface StoredDocument {
  readonly _id: string;
  readonly _rev?: string;
}

/** Of the documents given: now there, there before with the same content, replaced. */
export interface InsertReport {
  readonly created: number;
  readonly unchanged: number;
  readonly replaced: number;
}

/** A range of document ids, `from` included, `before` not. */
export interface IdRange {
  readonly from: string;
  readonly before: string;
}

interface Row {
  readonly id: string;
  readonly key: unknown;
  readonly value: unknown;
  readonly doc?: StoredDocument;
}

interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path?: string;
  readonly qs?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/**
 * The documents of one CouchDB database. Holds no connection of its own: nothing to close.
 *
 * Every method throws FaasError `store_unreachable`, `store_unauthorized`, `store_not_couchdb` or `store_error`.
 */
export class ResultStore {
  readonly #locate: (() => Promise<StoreAddress>) | undefined;
  #address: StoreAddress;
  #server: nano.ServerScope;

  /** @param locate starts the server, where that is in our hands (the embedded store), and tells where it is now */
  constructor(address: StoreAddress, locate?: () => Promise<StoreAddress>) {
    this.#locate = locate;
    this.#address = address;
    this.#server = serverAt(address);
  }

  /** Without credentials. */
  get url(): string {
    return this.#address.url;
  }

  get database(): string {
    return this.#address.database;
  }

  /** Makes the server, the database, design documents and indexes be there. Cheap to repeat after an outage. */
  async prepare(): Promise<void> {
    if (this.#locate !== undefined) {
      this.#address = await this.#locate();
      this.#server = serverAt(this.#address);
    }
    await this.#assertCouchDb();
    if ((await this.#absent({ path: '' })) === undefined) await this.#createDatabase();
    for (const design of DESIGN_DOCUMENTS) await this.#putDesign(design);
    for (const { name, fields } of MANGO_INDEXES) {
      await this.#ask({ method: 'POST', path: '_index', body: { index: { fields }, name, ddoc: name, type: 'json' } });
    }
  }

  /** Whether the database is there. Makes nothing, for those who only read. */
  async exists(): Promise<boolean> {
    await this.#assertCouchDb();
    return (await this.#absent({ path: '' })) !== undefined;
  }

  /** Stores documents in bulk. One that is there with the same content is fine; with other content it is replaced. */
  async insert(documents: readonly StoredDocument[]): Promise<InsertReport> {
    let [unchanged, replaced] = [0, 0];
    let pending: readonly StoredDocument[] = documents;
    for (let round = 0; pending.length > 0; round += 1) {
      const conflicting = await this.#bulk(pending);
      if (round === INSERT_ROUNDS && conflicting.length > 0) {
        throw storeError(this.#address, { statusCode: 409, reason: `${conflicting[0]?._id} keeps changing` });
      }
      if (round > 0) replaced += pending.length - conflicting.length;
      const revised = await this.#revise(conflicting);
      unchanged += conflicting.length - revised.length;
      pending = revised;
    }
    return { created: documents.length - unchanged - replaced, unchanged, replaced };
  }

  /** Stores documents that are not there yet; those that are stay as they are. */
  async insertNew(documents: readonly StoredDocument[]): Promise<void> {
    await this.#bulk(documents);
  }

  async get<T extends StoredDocument>(id: string): Promise<T | undefined> {
    return (await this.#absent({ path: encodeURIComponent(id) })) as T | undefined;
  }

  /** Documents in id order, fetched in pages. */
  async *scan<T extends StoredDocument>(range: IdRange): AsyncGenerator<T> {
    for await (const page of this.#pages('_all_docs', { startkey: range.from, endkey: range.before })) {
      for (const { doc } of page) if (doc !== undefined) yield doc as T;
    }
  }

  /** Documents of a view in key order, by a first part of its keys, fetched in pages. */
  async *scanView<T extends StoredDocument>(design: string, view: string, key: readonly unknown[]): AsyncGenerator<T> {
    const range = { startkey: key, endkey: [...key, {}], reduce: false };
    for await (const page of this.#pages(`_design/${design}/_view/${view}`, range)) {
      for (const { doc } of page) if (doc !== undefined) yield doc as T;
    }
  }

  /** Deletes documents; what has gone or changed meanwhile is left alone. @returns how many were deleted */
  async remove(documents: readonly StoredDocument[]): Promise<number> {
    const stubs = documents.map(({ _id, _rev = '' }) => ({ _id, _rev, _deleted: true }));
    return stubs.length - (stubs.length === 0 ? 0 : (await this.#bulk(stubs)).length);
  }

  async #assertCouchDb(): Promise<void> {
    const welcome = await this.#server.request({ path: '', ...withDeadline() }).catch((thrown: unknown) => {
      const error = storeError(this.#address, thrown);
      const refused = answeredStatus(error) === 401 || answeredStatus(error) === 403;
      throw error.code === 'store_unreachable' || refused ? error : notCouchDb(this.#address);
    });
    if (typeof welcome !== 'object' || welcome === null || !('couchdb' in welcome)) throw notCouchDb(this.#address);
  }

  async #createDatabase(): Promise<void> {
    await this.#ask({ method: 'PUT', path: '' }).catch((error: FaasError) => {
      if (answeredStatus(error) !== 412) throw error; // 412: somebody else was faster
    });
  }

  async #putDesign(design: DesignDocument): Promise<void> {
    const stored = (await this.#absent({ path: design._id })) as StoredDocument | undefined;
    if (stored !== undefined && sameContent(stored, design)) return;
    const body = stored?._rev === undefined ? design : { ...design, _rev: stored._rev };
    await this.#ask({ method: 'PUT', path: design._id, body }).catch((error: FaasError) => {
      if (answeredStatus(error) !== 409) throw error;
    });
  }

  /** @returns those that are there already */
  async #bulk(documents: readonly StoredDocument[]): Promise<StoredDocument[]> {
    const results = await this.#ask({ method: 'POST', path: '_bulk_docs', body: { docs: documents } });
    if (!Array.isArray(results) || results.length !== documents.length) {
      throw unreachable(this.#address, 'the answer to _bulk_docs broke off');
    }
    return documents.filter((_, index) => {
      const { id, error, reason } = results[index] as { id?: string; error?: string; reason?: string };
      if (error === undefined || error === 'conflict') return error === 'conflict';
      throw storeError(this.#address, { statusCode: 400, error, reason: `${id}: ${reason ?? error}` });
    });
  }

  /** Gives those that differ from what is stored the revision which they are to replace. */
  async #revise(conflicting: readonly StoredDocument[]): Promise<StoredDocument[]> {
    if (conflicting.length === 0) return [];
    const keys = conflicting.map(({ _id }) => _id);
    const rows = await this.#rows({ method: 'POST', path: '_all_docs', qs: { include_docs: true }, body: { keys } });
    const stored = new Map(rows.map(({ id, doc }) => [id, doc]));
    return conflicting.flatMap((document) => {
      const there = stored.get(document._id);
      const { _rev: _stale, ...content } = document;
      if (there === undefined || there === null) return [content];
      return sameContent(there, document) || there._rev === undefined ? [] : [{ ...content, _rev: there._rev }];
    });
  }

  async *#pages(path: string, range: Readonly<Record<string, unknown>>): AsyncGenerator<Row[]> {
    const common = { ...range, include_docs: true, inclusive_end: path !== '_all_docs', limit: PAGE_DOCUMENTS + 1 };
    let next: Readonly<Record<string, unknown>> = {};
    for (;;) {
      const rows = await this.#rows({ path, qs: { ...common, ...next } });
      yield rows.slice(0, PAGE_DOCUMENTS);
      const first = rows[PAGE_DOCUMENTS];
      if (first === undefined) return;
      next = { startkey: first.key, startkey_docid: first.id };
    }
  }

  async #rows(question: Question): Promise<Row[]> {
    const answer = (await this.#ask(question)) as { rows?: Row[] };
    if (!Array.isArray(answer.rows)) throw unreachable(this.#address, `the answer to ${question.path} broke off`);
    return answer.rows;
  }

  /** What is asked for, or undefined where CouchDB says 404. */
  async #absent(question: Question): Promise<unknown> {
    return this.#ask(question).catch((error: FaasError) => {
      if (answeredStatus(error) === 404) return undefined;
      throw error;
    });
  }

  async #ask({ method = 'GET', path = '', qs = {}, body }: Question): Promise<unknown> {
    // made to text here: nano would do it with a function call for every member of every document
    const content = body === undefined ? {} : { body: JSON.stringify(body), dontStringify: true };
    const options = { db: this.database, method, path, qs, ...content, ...withDeadline() };
    try {
      return await this.#server.request(options);
    } catch (thrown) {
      throw storeError(this.#address, thrown);
    }
  }
}

function serverAt(address: StoreAddress): nano.ServerScope {
  const options = { url: address.url, headers: address.headers(), parseUrl: false };
  return nano(options);
}

/** nano hands the signal on to fetch, but its types do not say so. */
function withDeadline(): object {
  return { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) };
}

function sameContent(stored: StoredDocument, given: object): boolean {
  const { _rev: _stored, ...there } = stored;
  const { _rev: _given, ...here } = given as StoredDocument;
  return isDeepStrictEqual(there, here);
}
