import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/** A module of ours to start a process with. */
export interface Entry {
  readonly path: string;
  /** What `fork` needs to load it: nothing once compiled, a TypeScript loader when run from the sources. */
  readonly execArgv: readonly string[];
}

const LOADER = 'tsx';

/** @param relative without extension, seen from the importing module: `./main` */
export function entry(importMetaUrl: string, relative: string): Entry {
  const execArgv = isSource(importMetaUrl) ? ['--import', import.meta.resolve(LOADER)] : [];
  return { path: fileURLToPath(moduleUrl(importMetaUrl, relative)), execArgv };
}

/** Starts a thread with a module of ours. @param relative as in entry() */
export function startThread(importMetaUrl: string, relative: string, workerData: unknown): Worker {
  const url = moduleUrl(importMetaUrl, relative);
  if (!isSource(importMetaUrl)) return new Worker(url, { workerData });
  // On Node 20 the loader's `--import` does nothing in threads: it is registered by hand there.
  const loader = JSON.stringify(import.meta.resolve(`${LOADER}/esm/api`));
  const script = `import(${loader}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); });`;
  return new Worker(script, { eval: true, workerData, execArgv: [] });
}

function isSource(importMetaUrl: string): boolean {
  return importMetaUrl.endsWith('.ts');
}

function moduleUrl(importMetaUrl: string, relative: string): URL {
  return new URL(`${relative}${isSource(importMetaUrl) ? '.ts' : '.js'}`, importMetaUrl);
}
