import { createContext, runInContext, Script } from 'node:vm';
import { CouchError } from './couchError.ts';

const TIMEOUT_MS = 5_000;

export interface Emitted {
  readonly key: unknown;
  readonly value: unknown;
}

/** What a view or an index makes of documents: what each of them emits, in order. */
export type Mapper = (documents: readonly object[]) => readonly (readonly Emitted[])[];

/** What CouchDB gives to map functions, in a context of its own. */
const SURROUNDINGS = `
  var emitted = [];
  function emit(key, value) { emitted.push({ key: key === undefined ? null : key, value: value === undefined ? null : value }); }
  function sum(values) { var total = 0; for (var i = 0; i < values.length; i += 1) total += values[i]; return total; }
  function log() {}
  var isArray = Array.isArray;
  function toJSON(value) { return JSON.stringify(value); }
`;

/**
 * Compiles a map function of a design document.
 *
 * It runs in a context of its own, and only text crosses: with no object of this process in its hands it has no way
 * to what this process can do. One compilation serves all documents (PouchDB's own evaluation, anew for each, takes
 * six times as long). As in CouchDB, a document over which it throws emits nothing, and taking over 5 s fails the view.
 * @throws CouchError `compilation_error`
 */
export function compileMap(source: string, timeoutMs = TIMEOUT_MS): Mapper {
  const context = createContext(Object.create(null) as object);
  try {
    runInContext(`${SURROUNDINGS}; var map = (${source}\n);`, context, { timeout: timeoutMs });
  } catch (thrown) {
    throw new CouchError(400, 'compilation_error', `map function: ${String(thrown)}`);
  }
  const run = new Script(`
    var documents = JSON.parse(input), all = [];
    for (var i = 0; i < documents.length; i += 1) {
      emitted = [];
      try { map(documents[i]); } catch (thrown) { emitted = []; }
      all.push(emitted);
    }
    JSON.stringify(all);
  `);
  return (documents) => {
    context['input'] = JSON.stringify(documents);
    return JSON.parse(evaluate(run, context, timeoutMs)) as Emitted[][];
  };
}

function evaluate(run: Script, context: ReturnType<typeof createContext>, timeout: number): string {
  try {
    return String(run.runInContext(context, { timeout }));
  } catch (thrown) {
    throw new CouchError(500, 'os_process_error', `map function: ${String(thrown)}`);
  }
}
