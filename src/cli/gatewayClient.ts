import type { IncomingHttpHeaders } from 'node:http';
import { Client } from 'undici';
import type { ClientConfig } from '../config/client.ts';
import type { FunctionSource } from '../functions/folder.ts';
import type { OutcomeStatus } from '../protocol/invocation.ts';
import type { Latencies } from '../protocol/latency.ts';
import type { DeployedFunction } from '../protocol/manifest.ts';
import { answeredError, connectionError, notAWorker } from './gatewayErrors.ts';

/** A deployed version as the gateway tells it: where its code lies is the worker's business. */
export type DeployedAnswer = Omit<DeployedFunction, 'codePath'>;

/** `GET /invocations/:id`, as far as it is used here. */
export interface InvocationAnswer {
  readonly invocationId: string;
  /** `namespace/name@digest`. */
  readonly function: string;
  readonly state: 'waiting' | 'dispatched' | 'done';
  readonly why: string;
  readonly status?: OutcomeStatus;
  readonly code?: string;
  readonly message?: string;
  readonly latencyMs?: Latencies;
  readonly logs?: readonly { readonly sinceAcceptedMs: number; readonly level: string; readonly text: string }[];
  readonly logsTruncated?: boolean;
}

/** `GET /functions/:name/logs`. */
export interface LogsAnswer {
  /** `namespace/name`. */
  readonly function: string;
  readonly lines: readonly LogLineAnswer[];
  /** To be given as `after` by whoever wants only newer lines. */
  readonly next: number;
}

export interface LogLineAnswer {
  readonly sequence: number;
  /** ISO 8601. */
  readonly time: string;
  readonly level: string;
  readonly text: string;
  readonly source: 'function' | 'platform';
  readonly invocationId: string;
  readonly digest: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * The gateway of a worker, seen from the command line. Open until `close()`.
 *
 * Every method throws FaasError: `worker_unreachable`, `not_a_worker`, or what the gateway answered.
 */
export class GatewayClient {
  /** Without a slash at its end, without credentials. */
  readonly url: string;
  readonly #prefix: string;
  readonly #client: Client;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, apiKey }: Pick<ClientConfig, 'url' | 'apiKey'>) {
    const { origin, pathname } = new URL(url);
    this.#prefix = pathname.replace(/\/+$/, '');
    this.url = `${origin}${this.#prefix}`;
    this.#headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    // How long a function may run is the worker's to limit: no deadline here.
    this.#client = new Client(origin, { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_TIMEOUT_MS } });
  }

  async functions(): Promise<readonly DeployedAnswer[]> {
    const { functions } = await this.#ask<{ functions: DeployedAnswer[] }>({ method: 'GET', path: '/functions' });
    if (!Array.isArray(functions)) throw notAWorker(this.url);
    return functions;
  }

  /** @param name `name` or `namespace/name`, here and below */
  async function(name: string): Promise<DeployedAnswer> {
    return this.#ask<DeployedAnswer>({ method: 'GET', path: functionPath(name) });
  }

  /** @returns `changed` is false if this content was the current version already */
  async deploy(name: string, source: FunctionSource): Promise<{ deployed: DeployedAnswer; changed: boolean }> {
    const files = source.files.map(({ path, bytes }) => ({
      path,
      contentBase64: Buffer.from(bytes).toString('base64'),
    }));
    const answer = await this.#succeed({
      method: 'PUT',
      path: functionPath(name),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ manifest: source.manifest, files }),
    });
    return { deployed: this.#parse<DeployedAnswer>(answer), changed: answer.status === 201 };
  }

  async remove(name: string): Promise<void> {
    await this.#succeed({ method: 'DELETE', path: functionPath(name) });
  }

  /** Calls a function; whatever it is answered, errors included, is returned as it came. */
  async call(name: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<Answer> {
    return this.#exchange({ method: 'POST', path: `${functionPath(name)}/invocations`, headers, body });
  }

  async invocation(invocationId: string): Promise<InvocationAnswer> {
    return this.#ask<InvocationAnswer>({ method: 'GET', path: `/invocations/${encodeURIComponent(invocationId)}` });
  }

  /** @param after only lines with a greater sequence */
  async logs(name: string, tail: number, after: number): Promise<LogsAnswer> {
    return this.#ask<LogsAnswer>({ method: 'GET', path: `${functionPath(name)}/logs?tail=${tail}&after=${after}` });
  }

  async close(): Promise<void> {
    await this.#client.destroy();
  }

  async #ask<T>(request: Request): Promise<T> {
    return this.#parse<T>(await this.#succeed(request));
  }

  async #succeed(request: Request): Promise<Answer> {
    const answer = await this.#exchange(request);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw answeredError(this.url, answer);
  }

  async #exchange({ method, path, headers, body }: Request): Promise<Answer> {
    try {
      const response = await this.#client.request({
        method,
        path: `${this.#prefix}${path}`,
        headers: { ...this.#headers, ...headers },
        body: body ?? null,
      });
      return {
        status: response.statusCode,
        headers: response.headers,
        body: Buffer.from(await response.body.arrayBuffer()),
      };
    } catch (thrown) {
      throw connectionError(this.url, thrown);
    }
  }

  #parse<T>({ body }: Answer): T {
    try {
      return JSON.parse(body.toString('utf8')) as T;
    } catch {
      throw notAWorker(this.url);
    }
  }
}

function functionPath(name: string): string {
  return `/functions/${encodeURIComponent(name)}`;
}
