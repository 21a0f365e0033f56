import { ClassicLevel } from 'classic-level';
import { toIndexableString } from 'pouchdb-collate';
import type { Emitted } from './mapFunction.ts';

export interface ViewRow {
  readonly id: string;
  readonly key: unknown;
  readonly value: unknown;
}

/** A row with the place at which it stands, from which a later question can go on. */
export interface PlacedRow extends ViewRow {
  readonly place: string;
}

/** Bounds of rows by key; a document id narrows the bound within equal keys. Absent: open. */
export interface RowRange {
  readonly startkey?: unknown;
  readonly startkeyDocid?: string | undefined;
  readonly endkey?: unknown;
  readonly endkeyDocid?: string | undefined;
  /** Whether rows with `endkey` itself belong to it. Default: true. */
  readonly inclusiveEnd?: boolean;
  readonly descending?: boolean;
  /** Goes on behind the row at this place. */
  readonly after?: string | undefined;
}

export interface RowState {
  /** Up to where the database has been read. */
  readonly sequence: number;
  /** How many rows there are. */
  readonly rows: number;
}

/** What changed in one document: what it emits now (nothing if it was deleted). */
export interface DocumentRows {
  readonly id: string;
  readonly emitted: readonly Emitted[];
  /** True for a document that was never seen before: nothing of it needs to be removed. */
  readonly isNew: boolean;
}

const ROW = 'r';
const DOCUMENT = 'd';
const STATE = 's';
const BATCH_ROWS = 500;
/** Sorts behind every document id. */
const LAST = {};

/**
 * The rows of one view on disk, in CouchDB's order of keys, then of document ids.
 *
 * Three kinds of entries: rows, by their place; for each document the places of its rows; and the state, with the
 * sequence number up to which the database has been read. What changes together is written together, so a killed process leaves the rows
 * as of some sequence number, never half of one.
 */
export class RowStore {
  readonly #level: ClassicLevel<string, unknown>;

  constructor(path: string) {
    this.#level = new ClassicLevel(path, { valueEncoding: 'json' });
  }

  async state(): Promise<RowState> {
    return ((await this.#level.get(STATE)) as RowState | undefined) ?? { sequence: 0, rows: 0 };
  }

  async update(documents: readonly DocumentRows[], sequence: number): Promise<void> {
    const known = documents.filter(({ isNew }) => !isNew);
    const stale = await this.#level.getMany(known.map(({ id }) => DOCUMENT + id));
    let { rows } = await this.state();
    const batch = this.#level.batch();
    for (const [index, { id }] of known.entries()) {
      const places = (stale[index] ?? []) as string[];
      for (const place of places) batch.del(place);
      batch.del(DOCUMENT + id);
      rows -= places.length;
    }
    for (const { id, emitted } of documents) {
      const places = emitted.map(({ key }, index) => placeOf(key, id, index));
      for (const [index, place] of places.entries()) batch.put(place, { id, ...emitted[index] });
      if (places.length > 0) batch.put(DOCUMENT + id, places);
      rows += places.length;
    }
    await batch.put(STATE, { sequence, rows }).write();
  }

  /** Rows in order, read in batches: others have their turn in between. */
  async *rows(range: RowRange): AsyncGenerator<PlacedRow> {
    const iterator = this.#level.iterator(boundsOf(range));
    try {
      for (;;) {
        const entries = await iterator.nextv(BATCH_ROWS);
        if (entries.length === 0) return;
        for (const [place, row] of entries) yield { ...(row as ViewRow), place };
      }
    } finally {
      await iterator.close();
    }
  }

  close(): Promise<void> {
    return this.#level.close();
  }
}

function placeOf(key: unknown, id: string, index: number): string {
  return ROW + toIndexableString(index === 0 ? [key, id] : [key, id, index]);
}

interface Bounds {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse: boolean;
}

function boundsOf(range: RowRange): Bounds {
  const { descending: reverse = false, inclusiveEnd = true, after } = range;
  const start = hasKey(range.startkey) ? edge(range.startkey, range.startkeyDocid ?? (reverse ? LAST : undefined)) : '';
  const behindEnd = inclusiveEnd !== reverse;
  const end = hasKey(range.endkey) ? edge(range.endkey, range.endkeyDocid ?? (behindEnd ? LAST : undefined)) : '';
  if (reverse) {
    const upper = after !== undefined ? { lt: after } : start === '' ? { lt: STATE } : { lte: start };
    const lower = end === '' ? { gt: ROW } : inclusiveEnd ? { gte: end } : { gt: end };
    return { ...upper, ...lower, reverse };
  }
  const lower = after !== undefined ? { gt: after } : start === '' ? { gt: ROW } : { gte: start };
  const upper = end === '' ? { lt: STATE } : inclusiveEnd ? { lte: end } : { lt: end };
  return { ...lower, ...upper, reverse };
}

function hasKey(key: unknown): boolean {
  return key !== undefined;
}

function edge(key: unknown, docid: unknown): string {
  return ROW + toIndexableString(docid === undefined ? [key] : [key, docid]);
}
