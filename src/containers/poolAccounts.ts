import type { WorkerAccounts } from '../protocol/accounts.ts';
import type { Container } from './container.ts';

interface Account {
  readonly container: Container;
  readonly startRequestedAt: number;
}

/** Adds up what containers cost: how many, for how long, how much memory and CPU. */
export class PoolAccounts {
  started = 0;
  startsFailed = 0;
  prewarmed = 0;
  lost = 0;
  peak = 0;
  readonly #live = new Map<Container, Account>();
  #containerMs = 0;
  #memoryByteMs = 0;
  #endedCpuMs = 0;
  #sampledAt: number | undefined;

  opened(container: Container, startRequestedAt: number): void {
    this.#live.set(container, { container, startRequestedAt });
  }

  closed(container: Container, now: number): void {
    const account = this.#live.get(container);
    if (account === undefined) return;
    this.#live.delete(container);
    this.#containerMs += now - account.startRequestedAt;
    this.#endedCpuMs += container.sampleUsage().cpuMs;
  }

  /** To be called about once a second. */
  sample(now: number): void {
    const passedMs = now - (this.#sampledAt ?? now);
    this.#sampledAt = now;
    for (const { container } of this.#live.values())
      this.#memoryByteMs += container.sampleUsage().memoryBytes * passedMs;
  }

  totals(now: number): WorkerAccounts['containers'] & { readonly cpuSeconds: number } {
    let containerMs = this.#containerMs;
    let cpuMs = this.#endedCpuMs;
    for (const { container, startRequestedAt } of this.#live.values()) {
      containerMs += now - startRequestedAt;
      cpuMs += container.sampleUsage().cpuMs;
    }
    return {
      started: this.started,
      startsFailed: this.startsFailed,
      prewarmed: this.prewarmed,
      lost: this.lost,
      peak: this.peak,
      containerSeconds: containerMs / 1_000,
      memoryByteSeconds: this.#memoryByteMs / 1_000,
      cpuSeconds: cpuMs / 1_000,
    };
  }
}
