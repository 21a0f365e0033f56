import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../lib/clock.ts';
import { entry } from '../../lib/entry.ts';
import { isSameProcess } from '../../lib/processIdentity.ts';
import { asError, FaasError } from '../../protocol/errors.ts';
import { describePortOwner } from './portOwner.ts';
import {
  EXIT_LOCKED,
  EXIT_PORT_TAKEN,
  folderDigest,
  readLiveState,
  removeState,
  type StorePaths,
  type StoreState,
  storePaths,
} from './stateFile.ts';

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const PROBE_TIMEOUT_MS = 2_000;
const POLL_INTERVAL_MS = 25;

export interface EmbeddedStoreSettings {
  readonly home: string;
  /** 0: any free one; the store's state file tells which. */
  readonly embeddedPort: number;
  readonly idleTimeoutMs: number;
  /** With a user, whoever asks the store must be that user. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

export interface EmbeddedStoreStatus {
  readonly running: boolean;
  readonly folder: string;
  readonly url: string | null;
  readonly pid: number | null;
  /** ISO 8601. */
  readonly startedAt: string | null;
}

/**
 * The embedded store of a home, started if it does not run. It outlives the caller. Callers that start it at once get
 * the same one: of several processes only one gets the lock on the folder, the others end and their callers find it.
 * @throws FaasError `store_start_failed`
 */
export async function ensureEmbeddedStore(settings: EmbeddedStoreSettings): Promise<StoreState> {
  const paths = storePaths(settings.home);
  const deadlineAt = monotonicMs() + START_TIMEOUT_MS;
  let child: ChildProcess | undefined;
  while (monotonicMs() < deadlineAt) {
    const state = await readLiveState(paths);
    if (state !== undefined && (await answers(state, paths))) {
      // ours came second: left alone, it might outlive the first and take its place unasked
      if (child?.pid !== state.pid) child?.kill('SIGKILL');
      return state;
    }
    if (state === undefined) {
      child ??= await launch(settings, paths).catch((thrown: unknown) => notStarted(paths, asError(thrown).message));
      if (child.exitCode !== null || child.signalCode !== null) {
        if (child.exitCode !== EXIT_LOCKED) return notStarted(paths, await whyItEnded(settings, paths, child));
        child = undefined; // another one has the folder: it is about to answer, or about to end
      }
    }
    await delay(POLL_INTERVAL_MS);
  }
  return notStarted(paths, `it did not answer within ${START_TIMEOUT_MS} ms${await logTail(paths)}`);
}

function notStarted({ folder }: StorePaths, why: string): never {
  throw new FaasError('store_start_failed', `the embedded store in ${folder} did not start: ${why}`, { folder });
}

/** @returns whether there was one to stop */
export async function stopEmbeddedStore(home: string): Promise<boolean> {
  const paths = storePaths(home);
  const state = await readLiveState(paths);
  if (state === undefined) return false;
  const { pid, startTime } = state;
  signal(pid, 'SIGTERM');
  if (!(await isGone(pid, startTime))) {
    signal(pid, 'SIGKILL');
    await isGone(pid, startTime);
  }
  await removeState(paths);
  return true;
}

export async function embeddedStoreStatus(home: string): Promise<EmbeddedStoreStatus> {
  const paths = storePaths(home);
  const state = await readLiveState(paths);
  const { folder } = paths;
  if (state === undefined) return { running: false, folder, url: null, pid: null, startedAt: null };
  return { running: true, folder, url: state.url, pid: state.pid, startedAt: state.startedAt };
}

async function answers({ url }: StoreState, { folder }: StorePaths): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return ((await response.json()) as { folder?: string }).folder === folderDigest(folder);
  } catch {
    return false;
  }
}

/** A process of its own session, so that Ctrl-C in the caller's terminal does not reach it. */
async function launch(settings: EmbeddedStoreSettings, paths: StorePaths): Promise<ChildProcess> {
  await mkdir(paths.folder, { recursive: true, mode: 0o700 });
  const { path, execArgv } = entry(import.meta.url, './main');
  const { COUCHDB_URL: _url, COUCHDB_USER: _user, COUCHDB_PASSWORD: _password, ...environment } = process.env;
  const { user, password = '' } = settings;
  const log = await open(paths.log, 'a', 0o600);
  try {
    const child = spawn(
      process.execPath,
      [
        ...execArgv.map(absoluteLoader),
        path,
        paths.folder,
        String(settings.embeddedPort),
        String(settings.idleTimeoutMs),
      ],
      {
        cwd: paths.folder,
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        env: { ...environment, ...(user === undefined ? {} : { COUCHDB_USER: user, COUCHDB_PASSWORD: password }) },
      },
    );
    child.unref();
    await Promise.race([once(child, 'spawn'), once(child, 'error')]);
    return child;
  } finally {
    await log.close();
  }
}

/** The process runs in a folder of its own, from where the name of a package leads nowhere. */
function absoluteLoader(argument: string): string {
  return argument === 'tsx' ? import.meta.resolve('tsx') : argument;
}

async function whyItEnded(
  { embeddedPort: port }: EmbeddedStoreSettings,
  paths: StorePaths,
  child: ChildProcess,
): Promise<string> {
  if (child.exitCode === EXIT_PORT_TAKEN) {
    const advice = 'free it, or choose another one (FAASBATCH_STORE_EMBEDDED_PORT)';
    return `its port ${port} is taken by ${await describePortOwner(port)}: ${advice}`;
  }
  return `it ended with ${child.signalCode ?? `exit code ${child.exitCode}`}${await logTail(paths)}`;
}

async function logTail({ log }: StorePaths): Promise<string> {
  const lines = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n');
  const tail = lines.slice(-5).join('\n');
  return tail === '' ? '' : `:\n${tail}\n(${log})`;
}

async function isGone(pid: number, startTime: string): Promise<boolean> {
  const deadlineAt = monotonicMs() + STOP_TIMEOUT_MS;
  while (isSameProcess(pid, startTime)) {
    if (monotonicMs() >= deadlineAt) return false;
    await delay(POLL_INTERVAL_MS);
  }
  return true;
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone already
  }
}
