import type { Outcome } from '../protocol/invocation.ts';

export const MAX_RESULTS = 1_000;
export const MAX_RESULT_BYTES = 64 * 2 ** 20;

/**
 * Outcomes that nobody waited for (`Prefer: respond-async`), until somebody asks. In memory: they do not outlive the
 * process, and the oldest make room for new ones.
 */
export class AsyncResults {
  /** Accepted, no outcome yet: as many as the queue lets in. */
  readonly #pending = new Map<string, Promise<Outcome>>();
  readonly #outcomes = new Map<string, Outcome>();
  #bytes = 0;

  /** @param outcome never rejects */
  expect(invocationId: string, outcome: Promise<Outcome>): void {
    this.#pending.set(invocationId, outcome);
    void outcome.then((ended) => this.#keep(ended));
  }

  find(invocationId: string): Outcome | Promise<Outcome> | undefined {
    return this.#outcomes.get(invocationId) ?? this.#pending.get(invocationId);
  }

  #keep(outcome: Outcome): void {
    this.#pending.delete(outcome.invocationId);
    this.#outcomes.set(outcome.invocationId, outcome);
    this.#bytes += sizeOf(outcome);
    for (const [id, oldest] of this.#outcomes) {
      if (this.#outcomes.size <= MAX_RESULTS && this.#bytes <= MAX_RESULT_BYTES) return;
      this.#outcomes.delete(id);
      this.#bytes -= sizeOf(oldest);
    }
  }
}

/** Logs are bounded by the invocation; an outcome without a body is not free. */
function sizeOf(outcome: Outcome): number {
  return (outcome.body?.byteLength ?? 0) + 1_024;
}
