import { Client } from 'undici';

/** Idle connections are given up so long before the target would: a call must not meet a closing one. */
const KEEP_ALIVE_MARGIN_MS = 2_000;

/**
 * As many kept-alive connections to one origin as there are exchanges at once; one exchange at a time on each.
 * undici's own Pool walks through all its busy connections to find a free one; here that is one step, however many
 * calls are in flight. open → closed.
 */
export class Connections {
  readonly #origin: string;
  readonly #all = new Set<Client>();
  /** The one used last is used next: the others may come to their keep-alive's end. */
  readonly #idle: Client[] = [];

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** A connection for an exchange; to be given back by release() when that is over. */
  acquire(): Client {
    return this.#idle.pop() ?? this.open();
  }

  /** As acquire(), but a new one. */
  open(): Client {
    const client = new Client(this.#origin, {
      pipelining: 1,
      // The replayer's own deadline ends a call.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
    });
    this.#all.add(client);
    return client;
  }

  release(client: Client): void {
    this.#idle.push(client);
  }

  /** Ends all connections at once, with the exchanges on them. Idempotent. */
  close(): void {
    for (const client of this.#all) client.destroy().catch(() => undefined);
  }
}
