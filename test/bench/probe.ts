import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { monotonicMs } from '../../src/lib/clock.ts';
import type { Call } from './call.ts';

const HEAD_END = '\r\n\r\n';
/** A call that takes longer has failed. */
const PATIENCE_MS = 20_000;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Calls once for each entry of `pausesMs`, on one connection, each call after the answer to the one before and a pause.
 * A raw socket with the least of HTTP: the client's own share of a latency is a few microseconds.
 * @returns from writing the request to having the whole answer, milliseconds, in order
 * @throws if an answer is not 200 with the body that was sent
 */
export async function timeCalls(call: Call, pausesMs: readonly number[]): Promise<number[]> {
  const { hostname, port, pathname } = new URL(call.url);
  const request = Buffer.from(
    `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(call.body)}${HEAD_END}${call.body}`,
  );
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
  try {
    await once(socket, 'connect');
    const answers = new Answers(socket, call);
    const latenciesMs: number[] = [];
    for (const pauseMs of pausesMs) {
      // setTimeout counts whole milliseconds and comes late; nothing else is to be done here meanwhile.
      if (pauseMs > 0) Atomics.wait(sleeper, 0, 0, pauseMs);
      const sentAt = monotonicMs();
      socket.write(request);
      await answers.next();
      latenciesMs.push(monotonicMs() - sentAt);
    }
    return latenciesMs;
  } finally {
    socket.destroy();
  }
}

/** Cuts a connection's bytes into answers and checks each. One call is under way at a time. */
class Answers {
  readonly #call: Call;
  #received = '';
  #lost: Error | undefined;
  #settle: ((lost: Error | undefined) => void) | undefined;

  constructor(socket: Socket, call: Call) {
    this.#call = call;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', (error) => this.#lose(error));
    socket.on('close', () => this.#lose(new Error('the connection was closed before the answer came')));
  }

  async next(): Promise<void> {
    if (this.#lost === undefined) {
      await new Promise<void>((resolve) => {
        this.#settle = () => resolve();
      });
    }
    if (this.#lost !== undefined) throw new Error(`${this.#call.url}: ${this.#lost.message}`);
  }

  #receive(text: string): void {
    this.#received += text;
    const headLength = this.#received.indexOf(HEAD_END);
    if (headLength < 0) return;
    const head = this.#received.slice(0, headLength);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.#lose(new Error(`an answer without content-length: ${head}`));
      return;
    }
    const body = this.#received.slice(headLength + HEAD_END.length);
    if (body.length < Number(length)) return;
    this.#received = '';
    if (!head.startsWith('HTTP/1.1 200 ') || body !== this.#call.body) {
      this.#lose(new Error(`the answer is wrong: ${head.split('\r\n')[0]}: ${body}`));
      return;
    }
    this.#settle?.(undefined);
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.#settle?.(error);
  }
}
