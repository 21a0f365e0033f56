import { asError } from '../../src/protocol/errors.ts';

/** What was started and must end, the last first. */
export class Releases {
  readonly #releases: (() => void | Promise<void>)[] = [];

  add(release: () => void | Promise<void>): void {
    this.#releases.push(release);
  }

  /** Ends everything, also when some of it fails. Idempotent. @throws AggregateError */
  async close(): Promise<void> {
    const errors: Error[] = [];
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      try {
        await release();
      } catch (thrown) {
        errors.push(asError(thrown));
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join('; '));
  }
}
