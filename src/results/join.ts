import type { ClientRecord, PlatformRecord } from '../protocol/record.ts';
import { type InvocationDocument, invocationDocument, type RunContext } from './invocationDocument.ts';

/**
 * Joins the two halves of a run's records by invocation id, in whatever order they come.
 *
 * A document leaves as soon as it is whole: both halves are there, or the client says that there will be no other.
 * What is left when the run has ended leaves with `finish()`, as half a document. Memory: the halves that wait.
 */
export class Joiner {
  readonly #run: RunContext;
  readonly #clients = new Map<string, ClientRecord>();
  readonly #platforms = new Map<string, PlatformRecord>();
  /** Left without a platform half: should one come after all, it must not undo the document. */
  readonly #unaccepted = new Set<string>();

  constructor(run: RunContext) {
    this.#run = run;
  }

  /** Halves that wait for their other one. */
  get waiting(): number {
    return this.#clients.size + this.#platforms.size;
  }

  addClient(client: ClientRecord): InvocationDocument | undefined {
    const platform = this.#platforms.get(client.invocationId);
    const unaccepted = client.status === 'rejected' || client.status === 'dropped';
    if (platform === undefined && !unaccepted) {
      this.#clients.set(client.invocationId, client);
      return undefined;
    }
    if (unaccepted) this.#unaccepted.add(client.invocationId);
    this.#platforms.delete(client.invocationId);
    return invocationDocument(this.#run, client, platform);
  }

  addPlatform(platform: PlatformRecord): InvocationDocument | undefined {
    if (this.#run.kind === 'up') return invocationDocument(this.#run, undefined, platform);
    const client = this.#clients.get(platform.invocationId);
    if (client === undefined) {
      if (!this.#unaccepted.has(platform.invocationId)) this.#platforms.set(platform.invocationId, platform);
      return undefined;
    }
    this.#clients.delete(platform.invocationId);
    return invocationDocument(this.#run, client, platform);
  }

  /** What never became whole. The joiner is empty afterwards. */
  *finish(): Generator<InvocationDocument> {
    for (const client of this.#clients.values()) yield invocationDocument(this.#run, client, undefined);
    for (const platform of this.#platforms.values()) yield invocationDocument(this.#run, undefined, platform);
    this.#clients.clear();
    this.#platforms.clear();
  }
}
