import type { Mapper } from './mapFunction.ts';
import { type DocumentRows, type PlacedRow, type RowRange, RowStore } from './rowStore.ts';

/** A document that changed since some sequence number; `null` when it is deleted. */
export interface DocumentChange {
  readonly id: string;
  readonly sequence: number;
  readonly document: object | null;
  /** No earlier revision of it exists. */
  readonly isNew: boolean;
}

/** Where a view reads what changed. */
export interface ChangeSource {
  /** At most `limit` changes behind a sequence number, in order. */
  changesSince(sequence: number, limit: number): Promise<readonly DocumentChange[]>;
}

const UPDATE_DOCUMENTS = 500;

/**
 * A view: what a map function makes of all documents, kept on disk and brought up to date when it is asked.
 * Updates run one after another; whoever asks meanwhile waits for the one under way and its own.
 */
export class View {
  readonly #rows: RowStore;
  readonly #mapper: Mapper;
  readonly #source: ChangeSource;
  #updating: Promise<void> = Promise.resolve();

  constructor(path: string, mapper: Mapper, source: ChangeSource) {
    this.#rows = new RowStore(path);
    this.#mapper = mapper;
    this.#source = source;
  }

  /** Reads what has changed in the database since the last time. */
  update(): Promise<void> {
    this.#updating = this.#updating.catch(() => undefined).then(() => this.#update());
    return this.#updating;
  }

  rows(range: RowRange): AsyncGenerator<PlacedRow> {
    return this.#rows.rows(range);
  }

  async totalRows(): Promise<number> {
    return (await this.#rows.state()).rows;
  }

  async close(): Promise<void> {
    await this.#updating.catch(() => undefined);
    await this.#rows.close();
  }

  async #update(): Promise<void> {
    let { sequence } = await this.#rows.state();
    for (;;) {
      const changes = await this.#source.changesSince(sequence, UPDATE_DOCUMENTS);
      const last = changes.at(-1);
      if (last === undefined) return;
      await this.#rows.update(this.#map(changes), last.sequence);
      sequence = last.sequence;
      if (changes.length < UPDATE_DOCUMENTS) return;
    }
  }

  #map(changes: readonly DocumentChange[]): DocumentRows[] {
    const ordinary = changes.filter(({ id }) => !id.startsWith('_design/'));
    const emitted = this.#mapper(ordinary.map(({ document }) => document ?? {}));
    return ordinary.map(({ id, isNew, document }, index) => {
      return { id, isNew, emitted: document === null ? [] : (emitted[index] ?? []) };
    });
  }
}
