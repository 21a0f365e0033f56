import { type EmbeddedStoreSettings, ensureEmbeddedStore } from './embedded/control.ts';
import { ResultStore } from './store.ts';
import { StoreAddress } from './storeAddress.ts';

/** Where results are kept, as the configuration has it. */
export interface StoreSettings extends EmbeddedStoreSettings {
  /** A CouchDB; none: the embedded store. */
  readonly url?: string | undefined;
  readonly database?: string | undefined;
}

/**
 * The store of COUCHDB_URL, or else the embedded one, started if it does not run. Its database is ready for use.
 * @throws FaasError `store_…`
 */
export async function openStore(settings: StoreSettings): Promise<ResultStore> {
  const store = await locateStore(settings);
  await store.prepare();
  return store;
}

/** The same without a question to the server: `prepare()` is the caller's to call, and may be called again. */
export async function locateStore(settings: StoreSettings): Promise<ResultStore> {
  const { url, user, password, database } = settings;
  if (url !== undefined) return new ResultStore(new StoreAddress({ url, user, password, database }));
  const locate = async (): Promise<StoreAddress> => {
    const embedded = await ensureEmbeddedStore(settings);
    return new StoreAddress({ url: embedded.url, user, password, database });
  };
  return new ResultStore(await locate(), locate);
}
