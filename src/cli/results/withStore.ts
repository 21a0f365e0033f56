import type { Command } from 'commander';
import type { ResolvedConfig } from '../../config/resolve.ts';
import { asError, FaasError } from '../../protocol/errors.ts';
import type { ResultStore } from '../../results/store.ts';
import type { Cli } from '../cli.ts';

/** The fields of the configuration that commands which ask the store take as flags. */
export const STORE_FLAGS = ['store.url', 'store.database'] as const;

/** Asks the store that the configuration names. A database that is not there is not made, unless it is the usual one. */
export async function withStore<T>(
  command: Command,
  cli: Cli,
  action: (store: ResultStore, config: ResolvedConfig) => Promise<T>,
): Promise<T> {
  const config = await cli.config(command);
  const { locateStore } = await import('../../results/openStore.ts');
  try {
    const store = await locateStore(config.store);
    if (!(await store.exists())) await makeUsualDatabase(store, config);
    return await action(store, config);
  } catch (thrown) {
    throw withHint(asError(thrown), config);
  }
}

/** The same error with what to do about it. */
export function hinted(error: FaasError, hint: string): FaasError {
  return new FaasError(error.code, error.message, { hint, ...error.details }, { cause: error });
}

async function makeUsualDatabase(store: ResultStore, { settings }: ResolvedConfig): Promise<void> {
  const wasNamed = settings.some(({ field, source }) => field.path === 'store.database' && source.kind !== 'default');
  if (!wasNamed) return store.prepare();
  throw new FaasError('store_error', `there is no database "${store.database}" at ${store.url}`, {
    hint: `faasbatch replay --database ${store.database} makes it`,
  });
}

function withHint(error: Error, { store }: ResolvedConfig): Error {
  if (!(error instanceof FaasError)) return error;
  const isAbsent = error.code === 'store_unreachable' || error.code === 'store_not_couchdb';
  if (isAbsent && store.url !== undefined) {
    return hinted(error, 'start it or correct COUCHDB_URL; without it, the embedded store is used');
  }
  return error;
}
