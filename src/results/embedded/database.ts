import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import PouchDB from 'pouchdb';
import { asCouchError, notFound } from './couchError.ts';
import { compileMap, type Mapper } from './mapFunction.ts';
import { isReduceName, type ReduceName } from './reduce.ts';
import { type DocumentChange, View } from './view.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface AllDocsRow {
  readonly id?: string;
  readonly key: string;
  readonly value?: { readonly rev: string; readonly deleted?: boolean };
  readonly doc?: Json | null;
  readonly error?: string;
}

export interface AllDocsQuestion {
  readonly keys?: readonly string[];
  readonly startkey?: string;
  readonly endkey?: string;
  readonly inclusive_end?: boolean;
  readonly descending?: boolean;
  readonly include_docs?: boolean;
  readonly limit?: number;
  readonly skip?: number;
}

export interface Change {
  readonly id: string;
  readonly seq: number;
  readonly changes: readonly { readonly rev: string }[];
  readonly deleted?: boolean;
  readonly doc?: Json;
}

export interface ChangesQuestion {
  readonly since: number | 'now';
  readonly limit?: number;
  readonly include_docs?: boolean;
  readonly descending?: boolean;
  readonly doc_ids?: readonly string[];
  readonly style?: string;
}

export interface DatabaseInfo {
  readonly doc_count: number;
  readonly update_seq: number;
}

/** A view as a design document defines it. */
export interface ViewDefinition {
  readonly view: View;
  readonly reduce: ReduceName | undefined;
}

/**
 * One database: documents in PouchDB, views in folders beside them. `changed` tells that something was written.
 * open → closed.
 */
export class Database {
  readonly name: string;
  readonly changed = new EventEmitter();
  readonly #pouch: PouchDB;
  readonly #viewsPath: string;
  readonly #views = new Map<string, View>();
  #version = 0;

  constructor(name: string, dataPath: string, viewsPath: string) {
    this.name = name;
    this.changed.setMaxListeners(0);
    this.#viewsPath = viewsPath;
    this.#pouch = new PouchDB(dataPath, { auto_compaction: true, revs_limit: 20 });
  }

  /** Grows with every write of this process, which is the only one that writes. */
  get version(): number {
    return this.#version;
  }

  info(): Promise<DatabaseInfo> {
    return this.#pouch.info();
  }

  get(id: string, options: Json = {}): Promise<Json> {
    return this.#pouch.get(id, options);
  }

  async put(document: Json): Promise<Json> {
    return this.#noting(await this.#pouch.put(document));
  }

  async remove(id: string, rev: string): Promise<Json> {
    return this.#noting(await this.#pouch.remove(id, rev));
  }

  /** Each result is `{ok, id, rev}` or `{id, error, reason}`. */
  async bulk(docs: readonly Json[], newEdits: boolean): Promise<Json[]> {
    const results = await this.#pouch.bulkDocs({ docs }, { new_edits: newEdits });
    return this.#noting(
      results.map((result) => {
        if (result['error'] === undefined) return result;
        const { error, reason } = asCouchError(result);
        return { id: result['id'], error, reason };
      }),
    );
  }

  /** What cannot be had is `{error: {id, rev, error, reason}}` in its place. */
  async bulkGet(request: Json): Promise<Json> {
    const { results } = (await this.#pouch.bulkGet(request)) as { results: { id: string; docs: Json[] }[] };
    const shown = ({ id, docs }: { id: string; docs: Json[] }): Json => ({
      id,
      docs: docs.map((result) => {
        if (result['error'] === undefined) return result;
        const { error, reason } = asCouchError(result['error']);
        return { error: { id, rev: 'undefined', error, reason } };
      }),
    });
    return { results: results.map(shown) };
  }

  allDocs(question: AllDocsQuestion): Promise<{ total_rows: number; offset: number; rows: AllDocsRow[] }> {
    return this.#pouch.allDocs(question);
  }

  changes(question: ChangesQuestion): Promise<{ results: Change[]; last_seq: number }> {
    return this.#pouch.changes(question);
  }

  async changesSince(sequence: number, limit: number): Promise<DocumentChange[]> {
    const { results } = await this.changes({ since: sequence, limit, include_docs: true });
    return results.map(({ id, seq, changes, deleted, doc }) => ({
      id,
      sequence: seq,
      document: deleted === true || doc === undefined ? null : doc,
      isNew: changes[0]?.rev.startsWith('1-') === true,
    }));
  }

  /** @throws CouchError 404 for a view that no design document defines */
  async view(designId: string, name: string): Promise<ViewDefinition> {
    const design = await this.get(designId);
    const views = (design['views'] ?? {}) as Readonly<Record<string, { map?: unknown; reduce?: unknown } | undefined>>;
    const { map, reduce } = views[name] ?? {};
    if (typeof map !== 'string') throw notFound(`missing_named_view: ${name}`);
    await this.#forgetOthers(
      designId,
      Object.values(views).map((view) => view?.map),
    );
    const view = await this.openView(designId, map, () => compileMap(map));
    return { view, reduce: isReduceName(reduce) ? reduce : undefined };
  }

  /** The rows of a mapper, kept under what defines it: another definition begins anew. */
  async openView(designId: string, definition: unknown, mapper: () => Mapper): Promise<View> {
    const path = join(this.#viewsPath, encodeURIComponent(designId), digest(definition));
    const open = this.#views.get(path);
    if (open !== undefined) return open;
    const compiled = mapper();
    const view = new View(path, compiled, this);
    this.#views.set(path, view);
    await mkdir(path, { recursive: true });
    return view;
  }

  /** Removes the rows of what a design document does not define any more. */
  async #forgetOthers(designId: string, definitions: readonly unknown[]): Promise<void> {
    const folder = join(this.#viewsPath, encodeURIComponent(designId));
    const wanted = new Set(definitions.map(digest));
    for (const name of await readdir(folder).catch(() => [])) {
      if (wanted.has(name)) continue;
      const path = join(folder, name);
      const view = this.#views.get(path);
      this.#views.delete(path);
      await view?.close();
      await rm(path, { recursive: true, force: true });
    }
  }

  async compact(): Promise<void> {
    await this.#pouch.compact();
  }

  async close(): Promise<void> {
    await this.#closeViews();
    await this.#pouch.close();
  }

  /** Closes it and removes everything that it kept. */
  async destroy(): Promise<void> {
    await this.#closeViews();
    await this.#pouch.destroy();
    await rm(this.#viewsPath, { recursive: true, force: true });
    this.#noting(undefined);
  }

  async #closeViews(): Promise<void> {
    const views = [...this.#views.values()];
    this.#views.clear();
    await Promise.all(views.map((view) => view.close()));
  }

  #noting<T>(result: T): T {
    this.#version += 1;
    this.changed.emit('change');
    return result;
  }
}

function digest(definition: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(definition) ?? '')
    .digest('hex')
    .slice(0, 24);
}
