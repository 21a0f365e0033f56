import type { StoreConfig } from '../../config/store.ts';
import { asError } from '../../protocol/errors.ts';
import { type Finding, PROBE_TIMEOUT_MS } from './finding.ts';

/** Asks the CouchDB of COUCHDB_URL, or else the embedded store: does it answer, and does it know us? */
export async function probeStore(config: Readonly<StoreConfig>): Promise<Finding> {
  return config.url === undefined ? probeEmbedded(config.embeddedPort) : probeCouchDb(config.url, config);
}

async function probeCouchDb(url: string, config: Readonly<StoreConfig>): Promise<Finding> {
  const name = 'CouchDB';
  const meaning = 'start it or correct it, or unset COUCHDB_URL to use the embedded store';
  try {
    const version = await welcome(url);
    if (version === undefined)
      return { name, status: 'problem', found: `what answers at ${url} is no CouchDB`, meaning };
    const status = await statusOfAllDatabases(url, config);
    if (status === 401 || status === 403) {
      const found = `${version} at ${url} refuses the credentials of COUCHDB_USER and COUCHDB_PASSWORD`;
      return { name, status: 'problem', found, meaning };
    }
    return { name, status: 'ok', found: `${version} at ${url}, database ${config.database}` };
  } catch (thrown) {
    return { name, status: 'problem', found: `${url} does not answer: ${reasonOf(thrown)}`, meaning };
  }
}

async function probeEmbedded(port: number): Promise<Finding> {
  const name = 'result store';
  const meaning = 'COUCHDB_URL would add a store that several machines share';
  const url = `http://127.0.0.1:${port}`;
  try {
    const version = await welcome(url);
    if (version !== undefined)
      return { name, status: 'ok', found: `embedded, answers at ${url} (${version})`, meaning };
    const found = `something else answers at ${url}, where the embedded store would be`;
    return { name, status: 'problem', found, meaning: 'FAASBATCH_STORE_EMBEDDED_PORT sets another port' };
  } catch {
    return { name, status: 'ok', found: `embedded, at ${url} when something needs it`, meaning };
  }
}

/** The version that a CouchDB's root tells; undefined if it is none. */
async function welcome(url: string): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
  const body = (await response.json().catch(() => ({}))) as { couchdb?: string; version?: string };
  return body.couchdb === undefined ? undefined : (body.version ?? 'of unknown version');
}

async function statusOfAllDatabases(url: string, config: Readonly<StoreConfig>): Promise<number> {
  const credentials = Buffer.from(`${config.user ?? ''}:${config.password ?? ''}`).toString('base64');
  const response = await fetch(new URL('_all_dbs?limit=1', url.endsWith('/') ? url : `${url}/`), {
    headers: config.user === undefined ? {} : { authorization: `Basic ${credentials}` },
    signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
  });
  return response.status;
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(thrown: unknown): string {
  const error = asError(thrown);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
