import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorAnswer } from '../../src/gateway/errorAnswers.ts';
import { gatewayHarness, type Harness } from '../helpers/gatewayHarness.ts';

const MAX_PAYLOAD_BYTES = 4 * 2 ** 20;
const CALL = '/functions/echo/invocations';

let harness: Harness;
let port: number;
const sockets: Socket[] = [];
const agents: http.Agent[] = [];

beforeEach(async () => {
  harness = await gatewayHarness({ maxPayloadBytes: MAX_PAYLOAD_BYTES });
  await harness.app.listen({ host: '127.0.0.1', port: 0 });
  port = (harness.app.server.address() as AddressInfo).port;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const agent of agents.splice(0)) agent.destroy();
  await harness.close();
});

/** One connection for all calls. */
function oneConnection(): http.Agent {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  agents.push(agent);
  return agent;
}

async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

const head = (id: string, extra = ''): string =>
  `POST ${CALL} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nx-invocation-id: ${id}\r\n${extra}`;
const whole = (id: string, body: string): string => `${head(id, `content-length: ${body.length}\r\n`)}\r\n${body}`;

/** What has come so far, once it has this in it. */
async function readUntil(socket: Socket, pattern: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (pattern.test(text)) return text;
  }
  throw new Error(`the connection ended with ${JSON.stringify(text)}`);
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

function answerOf(request: http.ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
  });
}

function post(body: Buffer, headers: http.OutgoingHttpHeaders = {}, agent?: http.Agent): Promise<Answer> {
  const request = http.request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: CALL,
    headers,
    ...(agent && { agent }),
  });
  const answer = answerOf(request);
  request.end(body);
  return answer;
}

const errorOf = ({ body }: Pick<Answer, 'body'>) => (JSON.parse(body.toString()) as ErrorAnswer).error;

describe('a caller that hangs up', () => {
  it('cancels what it waits for', async () => {
    harness.queue.rule = () => 'held';
    const socket = await open();
    socket.write(whole('gone', 'x'));
    await harness.queue.arrived(1);
    const outcome = harness.queue.outcomeOf('gone');
    socket.destroy();
    expect(await outcome).toMatchObject({ status: 'failed', code: 'cancelled' });
    expect(await harness.metrics.exposition()).toContain(
      'faasbatch_invocations_total{status="failed",code="cancelled"} 1',
    );
  });

  it('cancels every call that it pipelined', async () => {
    harness.queue.rule = () => 'held';
    const socket = await open();
    socket.write(whole('one', 'x') + whole('two', 'y') + whole('three', 'z'));
    await harness.queue.arrived(3);
    const outcomes = ['one', 'two', 'three'].map((id) => harness.queue.outcomeOf(id));
    socket.destroy();
    for (const outcome of outcomes) expect((await outcome)?.code).toBe('cancelled');
  });

  it('cancels nothing that somebody else waits for, nor what was answered', async () => {
    harness.queue.rule = ({ id, body }) => (id.startsWith('held') ? 'held' : { status: 'ok', body });
    const [leaving, staying] = [await open(), await open()];
    leaving.write(whole('answered', 'x'));
    await readUntil(leaving, /\r\n\r\nx$/);
    staying.write(whole('held-stays', 'x'));
    leaving.write(whole('held-leaves', 'x'));
    await harness.queue.arrived(3);
    const gone = harness.queue.outcomeOf('held-leaves');
    leaving.destroy();
    expect((await gone)?.code).toBe('cancelled');
    expect(harness.queue.find('held-stays')?.state).toBe('waiting');
    expect(harness.queue.cancelled).toEqual(['held-leaves']);
    harness.queue.end('held-stays', { status: 'ok', body: Buffer.from('there you are') });
    expect(await readUntil(staying, /there you are/)).toContain('200 OK');
  });

  it('cancels nothing that was asked to be answered later', async () => {
    harness.queue.rule = () => 'held';
    const socket = await open();
    socket.write(`${head('later', 'prefer: respond-async\r\ncontent-length: 0\r\n')}\r\n`);
    await readUntil(socket, /202 Accepted/);
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
    expect((await post(Buffer.from('x'), { 'x-invocation-id': 'other', prefer: 'respond-async' })).status).toBe(202);
    expect(harness.queue.find('later')?.state).toBe('waiting');
    harness.queue.end('later', { status: 'ok', body: Buffer.from('done') });
    const result = await harness.app.inject('/invocations/later/result');
    expect(result.body).toBe('done');
  });

  it('in the middle of its body, was never accepted', async () => {
    const socket = await open();
    socket.write(`${head('half', 'content-length: 1000\r\n')}\r\nhalf of it`);
    const [serverSide] = (await once(harness.app.server, 'request')) as [http.IncomingMessage];
    const gone = once(serverSide.socket, 'close');
    socket.destroy();
    await gone;
    expect((await post(Buffer.from('next'))).status).toBe(200);
    expect(harness.queue.submitted).toHaveLength(1);
    expect(harness.faults).toEqual([]);
  });
});

describe('bodies', () => {
  it.each([0, 1, 65_536, 1_000_003, MAX_PAYLOAD_BYTES])('of %i bytes come back as they went', async (size) => {
    const body = Buffer.alloc(size, 'abcdefghijklmnopqrstuvwxyz\0\xff', 'latin1');
    const withLength = await post(body, { 'content-type': 'application/octet-stream', 'content-length': size });
    expect(withLength.status).toBe(200);
    expect(withLength.body.equals(body)).toBe(true);
    const chunked = await post(body, { 'transfer-encoding': 'chunked' });
    expect(chunked.body.equals(body)).toBe(true);
  });

  it('that wait keep no more memory than they have', async () => {
    await post(Buffer.from('small'));
    const { body } = harness.queue.submitted[0] ?? { body: new Uint8Array(0) };
    expect(body.buffer.byteLength).toBe(5);
  });

  it.each([
    ['announced', { 'content-length': MAX_PAYLOAD_BYTES * 5 }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('that are too large (%s) are refused in words that arrive', async (_what, headers) => {
    const agent = oneConnection();
    const answer = await post(Buffer.alloc(MAX_PAYLOAD_BYTES * 5), headers, agent);
    expect(answer.status).toBe(413);
    expect(errorOf(answer)).toMatchObject({ code: 'payload_too_large', limit: 'maxPayloadBytes' });
    expect(answer.headers.connection).not.toBe('close');
    expect(harness.queue.submitted).toHaveLength(0);
    expect((await post(Buffer.from('after'), {}, agent)).body.toString()).toBe('after');
  });
});

describe('Expect: 100-continue', () => {
  const expectant = (length: number): Promise<{ invited: boolean; answer: Answer }> => {
    const headers = { expect: '100-continue', 'content-length': length };
    const request = http.request({ port, host: '127.0.0.1', method: 'POST', path: CALL, headers });
    let invited = false;
    request.on('continue', () => {
      invited = true;
      request.end(Buffer.alloc(length, 'x'));
    });
    request.flushHeaders();
    return answerOf(request).then((answer) => ({ invited, answer }));
  };

  it('is answered with an invitation', async () => {
    const socket = await open();
    socket.write(`${head('asks', 'expect: 100-continue\r\ncontent-length: 5\r\n')}\r\n`);
    await readUntil(socket, /100 Continue\r\n\r\n/);
    socket.write('hello');
    expect(await readUntil(socket, /hello$/)).toContain('200 OK');
  });

  it('is answered with the refusal of what is too large', async () => {
    const socket = await open();
    socket.write(`${head('asks', `expect: 100-continue\r\ncontent-length: ${MAX_PAYLOAD_BYTES + 1}\r\n`)}\r\n`);
    const answer = await readUntil(socket, /payload_too_large/);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(harness.queue.submitted).toHaveLength(0);
  });

  it('works with a client of the usual kind', async () => {
    const { invited, answer } = await expectant(10);
    expect([invited, answer.status]).toEqual([true, 200]);
  });
});

describe('connections', () => {
  it('carry many calls, and no more listeners with each', async () => {
    const agent = oneConnection();
    const used = new Set<unknown>();
    const listeners: number[] = [];
    harness.app.server.on('request', ({ socket }: http.IncomingMessage) => {
      used.add(socket);
      listeners.push(socket.listenerCount('close'));
    });
    for (let call = 0; call < 50; call += 1) {
      const answer = await post(Buffer.from(`call ${call}`), {}, agent);
      expect(answer.body.toString()).toBe(`call ${call}`);
      expect(answer.headers.connection).toBe('keep-alive');
    }
    expect(used.size).toBe(1);
    expect(listeners.at(-1)).toBe(listeners[1]);
  });

  it('answer pipelined calls in their order, whichever ends first', async () => {
    harness.queue.rule = () => 'held';
    const socket = await open();
    socket.write(whole('first', '1') + whole('second', '2'));
    await harness.queue.arrived(2);
    harness.queue.end('second', { status: 'ok', body: Buffer.from('SECOND') });
    harness.queue.end('first', { status: 'ok', body: Buffer.from('FIRST') });
    expect(await readUntil(socket, /SECOND$/)).toMatch(/FIRST[\s\S]*SECOND/);
  });

  it('end when the gateway closes, after the calls under way', async () => {
    harness.queue.rule = () => 'held';
    const answer = post(Buffer.from('x'), { 'x-invocation-id': 'last' }, oneConnection());
    await harness.queue.arrived(1);
    const closed = harness.app.close();
    // From here on no new connection is taken: the server has begun to close.
    await expect.poll(() => harness.app.server.listening).toBe(false);
    harness.queue.end('last', { status: 'ok', body: Buffer.from('in time') });
    expect((await answer).body.toString()).toBe('in time');
    await closed;
  });

  it.each([
    ['no HTTP', 'what is this\r\n\r\n', 400, 'bad_request'],
    [
      'endless headers',
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    ['no Host', 'GET /healthz HTTP/1.0\r\n\r\n', 403, 'forbidden_origin'],
    ['an empty Host', 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n', 403, 'forbidden_origin'],
    ['a rebound name', 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n', 403, 'forbidden_origin'],
  ])('with %s are told so', async (_what, text, status, code) => {
    const socket = await open();
    socket.write(text);
    const answer = await readUntil(socket, /\}\}$/);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(errorOf({ body: Buffer.from(answer.split('\r\n\r\n')[1] ?? '') }).code).toBe(code);
  });
});
