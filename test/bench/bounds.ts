import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EVENT } from './call.ts';
import type { Releases } from './releases.ts';
import type { Target } from './target.ts';

/** A bare node:http server that parses and stringifies the JSON it is sent. */
export function startHttpEcho(releases: Releases): Promise<Target> {
  return startBound('bare node:http', new URL('./bounds/httpEcho.mjs', import.meta.url), {}, releases);
}

/** Spawns a bare agent for each call. @param directory for sockets */
export function startLauncher(directory: string, releases: Releases): Promise<Target> {
  const environment = { BENCH_DIRECTORY: directory };
  return startBound('bare agent', new URL('./bounds/launcher.mjs', import.meta.url), environment, releases);
}

async function startBound(
  name: string,
  script: URL,
  environment: NodeJS.ProcessEnv,
  releases: Releases,
): Promise<Target> {
  // No loader of TypeScript, and nothing else of this process's own options.
  const child = fork(fileURLToPath(script), [], { execArgv: [], env: { ...process.env, ...environment } });
  releases.add(() => {
    child.kill('SIGKILL');
  });
  const call = { url: await urlFrom(child, name), body: EVENT };
  return { name, pid: child.pid ?? 0, call: () => call };
}

/** @throws if the process ends before it listens */
async function urlFrom(child: ChildProcess, name: string): Promise<string> {
  const over = new AbortController();
  const told = once(child, 'message', { signal: over.signal }).then(([message]) => (message as { url: string }).url);
  const ended = once(child, 'exit', { signal: over.signal }).then(([code, signal]) => {
    throw new Error(`${name} did not start: it ended with ${String(signal ?? `code ${code}`)}`);
  });
  try {
    return await Promise.race([told, ended]);
  } finally {
    over.abort();
    await Promise.allSettled([told, ended]);
  }
}
