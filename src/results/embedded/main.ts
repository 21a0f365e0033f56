import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { setPriority } from 'node:os';
import { ClassicLevel } from 'classic-level';
import { processStartTime } from '../../lib/processIdentity.ts';
import { asError } from '../../protocol/errors.ts';
import { Activity } from './activity.ts';
import { Databases } from './databases.ts';
import type { Credentials } from './guard.ts';
import { buildStoreServer } from './server.ts';
import { EXIT_LOCKED, EXIT_PORT_TAKEN, folderDigest, pathsIn, removeState, VENDOR, writeState } from './stateFile.ts';

/*
 * The embedded store's process: `node main.js <folder> <port> <idleTimeoutMs>`, credentials in COUCHDB_USER and
 * COUCHDB_PASSWORD. Ends on SIGTERM or SIGINT, or when nobody has asked it anything for idleTimeoutMs.
 * Exit code: 0 stopped, 75 another process has the folder, 76 the port is taken, 1 anything else.
 */
const IDLE_CHECKS = 10;
/** Storing a run's records must not hold up the run, which is on the same machine. */
const NICENESS = 5;
const LONGEST_CHECK_MS = 10_000;

function credentialsFrom({
  COUCHDB_USER: user = '',
  COUCHDB_PASSWORD: password = '',
}: NodeJS.ProcessEnv): Credentials | undefined {
  return user === '' ? undefined : { user, password };
}

async function lockFolder(path: string): Promise<ClassicLevel> {
  const lock = new ClassicLevel(path);
  try {
    await lock.open();
  } catch (thrown) {
    if ((asError(thrown).cause as { code?: string } | undefined)?.code === 'LEVEL_LOCKED') process.exit(EXIT_LOCKED);
    throw thrown;
  }
  return lock;
}

async function main(): Promise<void> {
  const [folder, port, idleTimeoutMs] = process.argv.slice(2);
  if (folder === undefined || port === undefined) throw new Error('usage: main.js <folder> <port> <idleTimeoutMs>');
  setPriority(NICENESS);
  const paths = pathsIn(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(paths.lock);
  const databases = new Databases(folder);
  const activity = new Activity();
  const limitMs = Number(idleTimeoutMs);
  const app = buildStoreServer({
    databases,
    activity,
    idleTimeoutMs: limitMs,
    credentials: credentialsFrom(process.env),
    identity: { vendor: { name: VENDOR }, folder: folderDigest(folder) },
  });

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    await app.close();
    await databases.close();
    await removeState(paths);
    await lock.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());

  try {
    await app.listen({ host: '127.0.0.1', port: Number(port) });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EADDRINUSE') process.exit(EXIT_PORT_TAKEN);
    throw thrown;
  }
  await writeState(paths, {
    pid: process.pid,
    startTime: processStartTime(process.pid) ?? '',
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    startedAt: new Date().toISOString(),
  });

  setInterval(
    () => {
      if (activity.idleMs >= limitMs && !stopping) void stop();
    },
    Math.min(LONGEST_CHECK_MS, limitMs / IDLE_CHECKS),
  );
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${asError(thrown).stack ?? String(thrown)}\n`);
  process.exit(1);
});
