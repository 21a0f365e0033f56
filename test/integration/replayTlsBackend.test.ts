import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { monotonicMs } from '../../src/lib/clock.ts';
import { startTlsBackend, type TlsBackend } from '../../src/replay/tlsBackend.ts';

let backend: TlsBackend | undefined;

afterEach(() => backend?.close());

interface Session {
  readonly socket: TLSSocket;
  readonly configuration: string;
  /** From the call of connect() to the configuration's last byte. */
  readonly tookMs: number;
}

/** What a client does: opens a session and reads the line of configuration. */
function openSession({ host, port }: TlsBackend): Promise<Session> {
  const startedAt = monotonicMs();
  const socket = connect({ host, port, rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.endsWith('\n')) resolve({ socket, configuration: text, tookMs: monotonicMs() - startedAt });
    });
  });
}

describe('the TLS backend', () => {
  test('gives its configuration in one line, two round trips after the client began', async () => {
    backend = await startTlsBackend({ rttMs: 25 });
    const first = await openSession(backend);
    first.socket.destroy();
    const { socket, configuration, tookMs } = await openSession(backend);
    expect(tookMs).toBeGreaterThanOrEqual(49);
    expect(tookMs).toBeLessThan(250);
    expect(configuration.length).toBeGreaterThan(28_000);
    expect(configuration.length).toBeLessThan(36_000);
    expect(JSON.parse(configuration)).toMatchObject({ service: 'backend' });
    expect(socket.getProtocol()).toBe('TLSv1.3');
    socket.destroy();
  });

  test('serves 400 sessions at once, and keeps each until its client ends it', async () => {
    backend = await startTlsBackend({ rttMs: 10 });
    const open = backend;
    const sessions = await Promise.all(Array.from({ length: 400 }, () => openSession(open)));
    expect(new Set(sessions.map(({ configuration }) => configuration)).size).toBe(1);
    expect(sessions.some(({ socket }) => socket.readableEnded || socket.destroyed)).toBe(false);
    const closed = sessions.map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)));
    for (const { socket } of sessions) socket.end();
    await Promise.all(closed);
  });

  test('survives clients that leave early or speak no TLS', async () => {
    backend = await startTlsBackend({ rttMs: 20 });
    const { host, port } = backend;
    for (let count = 0; count < 20; count += 1)
      connect({ host, port })
        .on('error', () => undefined)
        .destroy();
    const plain = connectPlain({ host, port }, () => plain.write('GET / HTTP/1.1\r\n\r\n'));
    plain.on('error', () => undefined).resume();
    await once(plain, 'close');
    const { socket, configuration } = await openSession(backend);
    expect(configuration).not.toBe('');
    socket.destroy();
  });

  test('closes twice, and is gone', async () => {
    backend = await startTlsBackend({ rttMs: 1 });
    const { close } = backend;
    await Promise.all([close(), close()]);
    await vi.waitFor(() => expect(openSession(backend as TlsBackend)).rejects.toMatchObject({ code: 'ECONNREFUSED' }));
  });
});
