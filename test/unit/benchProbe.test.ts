import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EVENT } from '../bench/call.ts';
import { timeCalls } from '../bench/probe.ts';

async function callTo(server: Server): Promise<{ url: string; body: string }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/path`, body: EVENT };
}

const http = (listener: RequestListener) => callTo(createHttpServer(listener));
const raw = (onRequest: (socket: Socket) => void) =>
  callTo(createServer((socket) => socket.on('data', () => onRequest(socket))));

describe('the probe', () => {
  test('posts the body on one connection and times each answer', async () => {
    const connections = new Set<Socket>();
    const seen: string[] = [];
    const call = await http((request, response) => {
      connections.add(request.socket);
      seen.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
      request
        .setEncoding('utf8')
        .on('data', (text: string) => response.setHeader('content-length', text.length).end(text));
    });
    const latenciesMs = await timeCalls(call, [0, 0, 30]);
    expect(latenciesMs).toHaveLength(3);
    expect(Math.min(...latenciesMs)).toBeGreaterThan(0);
    expect(connections.size).toBe(1);
    expect(seen).toEqual(Array(3).fill('POST /path application/json'));
  });

  test('pauses before a call, and does not count the pause', async () => {
    const arrivals: number[] = [];
    const call = await raw((socket) => {
      arrivals.push(performance.now());
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${EVENT.length}\r\n\r\n${EVENT}`);
    });
    // Pausing blocks the thread, so the server, which is in it, sees each call after the pause before it at the soonest.
    await timeCalls(call, [0, 50]);
    expect((arrivals[1] ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(45);
  });

  test('waits for the whole of an answer that comes in pieces', async () => {
    const call = await raw((socket) => {
      const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${EVENT.length}\r\n\r\n${EVENT}`;
      socket.setNoDelay().write(answer.slice(0, 30));
      setTimeout(() => socket.write(answer.slice(30)), 21);
    });
    const [latencyMs] = await timeCalls(call, [0]);
    expect(latencyMs).toBeGreaterThan(19);
  });

  test.each<[string, (socket: Socket) => void, string]>([
    ['another body', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno'), 'HTTP/1.1 200 OK: no'],
    [
      'another status',
      (socket) => socket.write(`HTTP/1.1 502 Bad\r\ncontent-length: ${EVENT.length}\r\n\r\n${EVENT}`),
      'HTTP/1.1 502 Bad',
    ],
    ['no length', (socket) => socket.write('HTTP/1.1 200 OK\r\nx: y\r\n\r\n'), 'without content-length'],
    ['an end before the answer', (socket) => socket.end('HTTP/1.1 200 OK\r\n'), 'closed before the answer'],
  ])('refuses %s', async (_, onRequest, message) => {
    await expect(timeCalls(await raw(onRequest), [0])).rejects.toThrow(message);
  });
});
