import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EmbeddedStoreSettings,
  embeddedStoreStatus,
  ensureEmbeddedStore,
  stopEmbeddedStore,
} from '../../src/results/embedded/control.ts';

export interface OwnStore {
  readonly settings: EmbeddedStoreSettings & { readonly home: string; readonly database: string };
  /** Ends the process as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends whatever runs and removes the folder. */
  dispose(): Promise<void>;
}

/** A home of its own for an embedded store on a port from the system; nothing is started yet. */
export function ownStore(changes: Partial<EmbeddedStoreSettings> = {}): OwnStore {
  const home = mkdtempSync(join(tmpdir(), 'faasbatch-store-'));
  const settings = { home, database: 'faasbatch', embeddedPort: 0, idleTimeoutMs: 600_000, ...changes };
  return {
    settings,
    kill: async () => {
      const { pid } = await ensureEmbeddedStore(settings);
      process.kill(pid, 'SIGKILL');
      while ((await embeddedStoreStatus(home)).running) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    dispose: async () => {
      await stopEmbeddedStore(home);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
