import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type FunctionSource, readFunctionFolder } from '../functions/folder.ts';
import { nearest } from '../lib/nearest.ts';
import { SHIPPED_FUNCTIONS } from '../worker/paths.ts';
import { usageError } from './usage.ts';

/** A function to deploy, and where it was found. */
export interface FoundFunction {
  readonly source: FunctionSource;
  readonly path: string;
  /** It is one of those that come with faasbatch. */
  readonly shipped: boolean;
}

/** For a first call of those that ship: an event that shows what they do. */
export const SHIPPED_EVENTS: Readonly<Record<string, unknown>> = {
  echo: { hello: 'world' },
  fib: { n: 30 },
  sleep: { ms: 100 },
  spin: { cpuMs: 50, sleepMs: 50 },
};

export async function shippedFunctions(): Promise<string[]> {
  const entries = await readdir(SHIPPED_FUNCTIONS, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/**
 * The function in a folder, or the one that ships under this name: a folder of that name comes first.
 * @param base what a relative path is relative to
 * @throws FaasError `usage` if there is neither; what is wrong with the function that is there
 */
export async function findFunction(typed: string, base: string): Promise<FoundFunction> {
  const path = resolve(base, typed);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { source: await readFunctionFolder(path), path, shipped: false };
  if (found !== undefined) throw usageError(`${path} is a file`, `give its folder, ${dirname(path)}`);
  const shipped = await shippedFunctions();
  if (shipped.includes(typed)) {
    const shippedPath = join(SHIPPED_FUNCTIONS, typed);
    return { source: await readFunctionFolder(shippedPath), path: shippedPath, shipped: true };
  }
  const close = nearest(typed, shipped);
  const hint =
    close === undefined
      ? `faasbatch function new makes one; these ship, and can be deployed by their name: ${shipped.join(', ')}`
      : `did you mean ${close}, which ships with faasbatch?`;
  throw usageError(`there is no folder ${path}`, hint);
}
