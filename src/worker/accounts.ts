import type { Engine } from '../containers/engine.ts';
import type { PoolAccounts } from '../containers/poolAccounts.ts';
import { monotonicMs } from '../lib/clock.ts';
import { writeJsonFile } from '../lib/jsonFile.ts';
import type { WorkerAccounts } from '../protocol/accounts.ts';
import type { Outcome } from '../protocol/invocation.ts';

const WRITE_INTERVAL_MS = 1_000;

export interface AccountsSources {
  readonly workerId: string;
  readonly pool: PoolAccounts;
  readonly engine: Engine;
}

/** Adds up a worker's run, and keeps the sums in a file so that a killed worker leaves them. */
export class AccountsLedger {
  readonly #sources: AccountsSources;
  readonly #path: string | undefined;
  readonly #cpuAtStart = process.cpuUsage();
  readonly #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #batches = { count: 0, invocations: 0, maxSize: 0 };
  #created = 0;
  #reused = 0;

  /** @param path where to write; undefined: nowhere */
  constructor(sources: AccountsSources, path: string | undefined) {
    this.#sources = sources;
    this.#path = path;
    if (path !== undefined) this.#timer = setInterval(() => this.#write(false), WRITE_INTERVAL_MS).unref();
  }

  batch(size: number): void {
    this.#batches = {
      count: this.#batches.count + 1,
      invocations: this.#batches.invocations + size,
      maxSize: Math.max(this.#batches.maxSize, size),
    };
  }

  ended({ resourcesCreated = 0, resourcesReused = 0 }: Outcome): void {
    this.#created += resourcesCreated;
    this.#reused += resourcesReused;
  }

  totals(final: boolean): WorkerAccounts {
    const at = monotonicMs();
    const { cpuSeconds, ...containers } = this.#sources.pool.totals(at);
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    return {
      workerId: this.#sources.workerId,
      at,
      final,
      batches: this.#batches,
      containers,
      cpuSeconds: {
        platform: (user + system) / 1e6,
        engine: this.#sources.engine.ownCpuMs() / 1_000,
        containers: cpuSeconds,
      },
      multiplexer: { created: this.#created, reused: this.#reused },
    };
  }

  /** Writes no more. */
  abandon(): void {
    clearInterval(this.#timer);
  }

  /** Writes the final sums. @throws if they cannot be written */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#write(true);
    await this.#writing;
  }

  #write(final: boolean): void {
    const path = this.#path;
    if (path === undefined) return;
    const write = () => writeJsonFile(path, this.totals(final));
    // One write at a time; one that failed is made good by the next.
    this.#writing = final ? this.#writing.catch(() => undefined).then(write) : this.#writing.then(write, write);
    this.#writing.catch(() => undefined);
  }
}
