import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monotonicMs } from '../../src/lib/clock.ts';

export interface ArrivedCall {
  readonly id: string;
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  readonly at: number;
}

export interface ReplayTarget {
  readonly origin: string;
  readonly arrived: readonly ArrivedCall[];
  /** The most calls that waited for their answers at once. */
  readonly peak: number;
  /** Answers every call of `hold` that waits. */
  release(): void;
  close(): Promise<void>;
}

const FAILURES: Readonly<Record<string, readonly [status: number, code: string]>> = {
  error: [500, 'handler_error'],
  broken: [500, 'internal'],
  timeout: [504, 'timeout'],
  failed: [502, 'container_lost'],
  busy: [429, 'queue_full'],
  draining: [503, 'draining'],
  large: [413, 'payload_too_large'],
  unknown: [404, 'function_not_found'],
};

/**
 * A gateway for the replayer's tests: a function's name tells how it answers. `ok` at once, `sleep` after its event's
 * `ms`, `hold` on release(), `reset` by closing the connection, those of FAILURES with an error.
 */
export async function startReplayTarget(): Promise<ReplayTarget> {
  const arrived: ArrivedCall[] = [];
  const held: ServerResponse[] = [];
  let waiting = 0;
  let peak = 0;
  const answer = (name: string, body: string, response: ServerResponse): void => {
    const failure = FAILURES[name];
    if (name === 'reset') response.socket?.resetAndDestroy();
    else if (name === 'hold') held.push(response);
    else if (name === 'sleep') setTimeout(() => response.end('{}'), (JSON.parse(body) as { ms: number }).ms);
    else if (failure === undefined) response.end('{"fine":true}');
    else {
      const [status, code] = failure;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code, message: `it is ${name}` } }));
    }
  };
  const server = createServer((request, response) => {
    const at = monotonicMs();
    const path = request.url ?? '';
    if (!path.startsWith('/functions/')) {
      response.end('{}');
      return;
    }
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => {
      arrived.push({ id: String(request.headers['x-invocation-id']), path, body, headers: request.headers, at });
      waiting += 1;
      peak = Math.max(peak, waiting);
      response.on('close', () => {
        waiting -= 1;
      });
      answer(path.split('/')[2] ?? '', body, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    arrived,
    get peak() {
      return peak;
    },
    release: () => {
      for (const response of held.splice(0)) response.end('{}');
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
