import { readdir, readFile, readlink } from 'node:fs/promises';
import { VENDOR } from './stateFile.ts';

const PROBE_TIMEOUT_MS = 1_000;
const LISTENING = '0A';

/** Says what holds a port of loopback, as far as can be found out: by asking it, and by looking for its process. */
export async function describePortOwner(port: number): Promise<string> {
  const [what, who] = await Promise.all([askPort(port), findProcess(port)]);
  return who === undefined ? what : `${what}, ${who}`;
}

async function askPort(port: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const body = (await response.json().catch(() => ({}))) as { couchdb?: unknown; vendor?: { name?: unknown } };
    if (body.vendor?.name === VENDOR) return 'the embedded store of another FAASBATCH_HOME';
    if (body.couchdb !== undefined) return 'a CouchDB (COUCHDB_URL would make it the store)';
    return `an HTTP server (${response.headers.get('server') ?? `answers ${response.status}`})`;
  } catch {
    return 'something that does not speak HTTP';
  }
}

/** Linux tells the socket that listens, and of our own processes which one has it open. */
async function findProcess(port: number): Promise<string | undefined> {
  const inode = await listeningInode(port);
  if (inode === undefined) return undefined;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const targets = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
    if (!targets.includes(`socket:[${inode}]`)) continue;
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'process');
    return `${name.trim()} with pid ${pid}`;
  }
  return undefined;
}

async function listeningInode(port: number): Promise<string | undefined> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n');
    for (const fields of lines.map((line) => line.trim().split(/\s+/))) {
      if (fields[1]?.endsWith(wanted) === true && fields[3] === LISTENING) return fields[9];
    }
  }
  return undefined;
}
