import type { ResolvedConfig } from '../../config/resolve.ts';
import { describeSource } from '../../config/source.ts';
import type { StoreConfig } from '../../config/store.ts';
import { asError } from '../../protocol/errors.ts';
import { type EmbeddedStoreStatus, embeddedStoreStatus } from '../../results/embedded/control.ts';
import type { StoreInside } from '../../results/embedded/server.ts';
import { StoreAddress } from '../../results/storeAddress.ts';

const PROBE_TIMEOUT_MS = 5_000;

export interface SeenStore extends EmbeddedStoreStatus {
  /** What the store tells of itself; null where it does not run, or does not tell. */
  readonly inside: StoreInside | null;
  /** Why it does not tell. */
  readonly problem: string | null;
}

/** Looks at the embedded store of a home. Starts nothing, and does not count as a use of it. */
export async function seeEmbeddedStore(config: Readonly<StoreConfig>): Promise<SeenStore> {
  const status = await embeddedStoreStatus(config.home);
  if (status.url === null) return { ...status, inside: null, problem: null };
  try {
    return { ...status, inside: await insideOf(status.url, config), problem: null };
  } catch (thrown) {
    return { ...status, inside: null, problem: asError(thrown).message };
  }
}

/** What to tell those who look after a store that their commands do not ask; undefined if they ask it. */
export function elsewhereText({ settings, store }: ResolvedConfig): string | undefined {
  const setting = settings.find(({ field }) => field.path === 'store.url');
  if (store.url === undefined || setting === undefined) return undefined;
  return `commands do not ask this store: ${describeSource(setting.source)} names ${store.url} instead`;
}

async function insideOf(url: string, { user, password }: Readonly<StoreConfig>): Promise<StoreInside> {
  const headers = new StoreAddress({ url, user, password }).headers();
  const response = await fetch(`${url}/_store`, { headers, signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
  if (response.status === 401) {
    throw new Error('it refuses the credentials: COUCHDB_USER and COUCHDB_PASSWORD were others when it was started');
  }
  if (!response.ok) throw new Error(`it answers ${response.status}`);
  return (await response.json()) as StoreInside;
}
