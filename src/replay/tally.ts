import { summarise } from '../lib/quantiles.ts';
import type { ClientStatus } from '../protocol/record.ts';
import type { ReplayCounts, ReplayResult } from './messages.ts';

/** Counts how calls ended and how late they left. */
export class Tally {
  readonly #scheduled: number;
  readonly #ends: Record<ClientStatus, number> = {
    ok: 0,
    error: 0,
    timeout: 0,
    failed: 0,
    rejected: 0,
    dropped: 0,
    lost: 0,
  };
  readonly #lagsMs: number[] = [];
  #recentLagMs: number | null = null;

  constructor(scheduled: number) {
    this.#scheduled = scheduled;
  }

  noteSent(lagMs: number): void {
    this.#lagsMs.push(lagMs);
    this.#recentLagMs = Math.max(this.#recentLagMs ?? lagMs, lagMs);
  }

  noteEnd(status: ClientStatus): void {
    this.#ends[status] += 1;
  }

  get counts(): ReplayCounts {
    return { scheduled: this.#scheduled, sent: this.#lagsMs.length, ...this.#ends };
  }

  /** The largest lag since the last question. */
  takeRecentLagMs(): number | null {
    const lagMs = this.#recentLagMs;
    this.#recentLagMs = null;
    return lagMs;
  }

  get lagMs(): ReplayResult['lagMs'] {
    const { p50, p99, max } = summarise(this.#lagsMs);
    return { p50, p99, max };
  }
}
