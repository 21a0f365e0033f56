/** What is used of packages of PouchDB that carry no types of their own. */

declare module 'pouchdb-collate' {
  /** Text whose order is CouchDB's order of the values: null, booleans, numbers, strings, arrays, objects. */
  export function toIndexableString(value: unknown): string;
  export function collate(a: unknown, b: unknown): number;
}

declare module 'pouchdb-selector-core' {
  /** Merges `$and`s and writes `{field: value}` as `{field: {$eq: value}}`. */
  export function massageSelector(selector: object): Record<string, unknown>;
  /** @throws Error for an operator that there is not. Takes a massaged selector. */
  export function matchesSelector(document: object, selector: Record<string, unknown>): boolean;
  /** `a.b` → ['a', 'b']. */
  export function parseField(name: string): string[];
  export function getFieldFromDoc(document: object, field: readonly string[]): unknown;
  export function setFieldInDoc(document: object, field: readonly string[], value: unknown): void;
}

declare module 'pouchdb' {
  /** A database in a folder, as far as it is used (database.ts); @types/pouchdb would redeclare Node's Buffer. */
  export default class PouchDB {
    constructor(path: string, options: { readonly auto_compaction: boolean; readonly revs_limit: number });
    info(): Promise<{ doc_count: number; update_seq: number }>;
    get(id: string, options: object): Promise<Record<string, unknown>>;
    put(document: object): Promise<Record<string, unknown>>;
    remove(id: string, rev: string): Promise<Record<string, unknown>>;
    bulkDocs(request: object, options: object): Promise<Record<string, unknown>[]>;
    bulkGet(request: object): Promise<Record<string, unknown>>;
    allDocs<Row>(question: object): Promise<{ total_rows: number; offset: number; rows: Row[] }>;
    changes<Change>(question: object): Promise<{ results: Change[]; last_seq: number }>;
    compact(): Promise<unknown>;
    close(): Promise<void>;
    destroy(): Promise<void>;
  }
}
