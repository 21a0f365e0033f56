import type { Client, Dispatcher } from 'undici';
import { deferred } from '../lib/deferred.ts';
import { FaasError } from '../protocol/errors.ts';
import type { Calls } from './calls.ts';
import { Connections } from './connections.ts';
import { type Answer, Exchange } from './exchange.ts';

export interface SenderOptions {
  /** Origin of the gateway. */
  readonly target: string;
  readonly runId: string;
  readonly apiKey?: string;
}

const WARM_UP_PATH = '/healthz';
/** Opened at once: below the backlog of a listening socket, beyond which a connection waits a second. */
const WARM_UP_WAVE = 64;
/** Exchanges after which the sending path here, and the receiving one there, have been compiled. */
const WARM_UP_EXCHANGES = 512;
const WARM_UP_TIMEOUT_MS = 10_000;

/**
 * Calls functions over HTTP: as many connections as there are calls in flight, kept alive, nothing ever sent twice.
 * open → closed.
 */
export class Sender {
  readonly #connections: Connections;
  readonly #runId: string;
  readonly #headers: readonly string[];
  readonly #paths = new Map<string, string>();

  constructor({ target, runId, apiKey }: SenderOptions) {
    this.#runId = runId;
    this.#headers = apiKey === undefined ? [] : ['authorization', `Bearer ${apiKey}`];
    this.#connections = new Connections(target);
  }

  /**
   * Opens connections and takes the sending path once, so that the first calls find everything ready.
   * @throws FaasError `target_unreachable`
   */
  async warmUp(connections: number): Promise<void> {
    for (let opened = 0; opened < connections; opened += WARM_UP_WAVE) {
      await this.#knock(Math.min(WARM_UP_WAVE, connections - opened), () => this.#connections.open());
    }
    const wave = Math.min(WARM_UP_WAVE, connections);
    for (let done = connections; done < WARM_UP_EXCHANGES; done += wave) {
      await this.#knock(wave, () => this.#connections.acquire());
    }
  }

  /** Sends a call; its exchange is told of everything after that, perhaps before this returns. */
  send(exchange: Exchange, call: Calls[number], body: Buffer): void {
    const headers = [
      'content-type',
      'application/json',
      'x-invocation-id',
      `${this.#runId}:${call.sequence}`,
      ...this.#headers,
    ];
    const path = this.#path(call.function);
    this.#dispatch(this.#connections.acquire(), { method: 'POST', path, headers, body }, exchange);
  }

  /** Ends all connections at once; what is under way ends as `lost`. Idempotent. */
  close(): void {
    this.#connections.close();
  }

  async #knock(times: number, connect: () => Client): Promise<void> {
    const answers = await Promise.all(Array.from({ length: times }, () => this.#knockOnce(connect())));
    const unanswered = answers.find(({ httpStatus }) => httpStatus === undefined);
    if (unanswered === undefined) return;
    const reason = unanswered.message ?? unanswered.code ?? 'no answer';
    throw new FaasError('target_unreachable', `no answer from the target before the replay: ${reason}`);
  }

  #knockOnce(connection: Client): Promise<Answer> {
    const { promise, resolve } = deferred<Answer>();
    const exchange = new Exchange(-1, { onSent: () => undefined, onEnd: (_exchange, answer) => resolve(answer) });
    const request = { path: WARM_UP_PATH, headers: [...this.#headers], headersTimeout: WARM_UP_TIMEOUT_MS };
    this.#dispatch(connection, { method: 'GET', ...request }, exchange);
    return promise;
  }

  #dispatch(connection: Client, request: Dispatcher.DispatchOptions, exchange: Exchange): void {
    exchange.onFree = () => this.#connections.release(connection);
    connection.dispatch(request, exchange);
  }

  #path(name: string): string {
    let path = this.#paths.get(name);
    if (path === undefined) {
      path = `/functions/${encodeURIComponent(name)}/invocations`;
      this.#paths.set(name, path);
    }
    return path;
  }
}
