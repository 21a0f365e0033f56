import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { generate } from 'selfsigned';
import { backendConfiguration } from './backendConfiguration.ts';

const HOST = '127.0.0.1';
const BACKLOG = 4_096;

export interface TlsBackendServer {
  readonly port: number;
  close(): void;
}

/**
 * A TLS 1.3 server that seems to be a round trip away. After the handshake it sends its configuration, one line of
 * JSON, then keeps the session open until the client ends it; what the client sends is ignored.
 *
 * A session takes two round trips: one for TCP, one for TLS (RFC 8446, section 2). The kernel answers the first at
 * once on loopback, so both are spent in one place: the client's first flight is left in the kernel for 2 × RTT, then
 * everything runs at full speed. The configuration costs no third, as TLS 1.3 lets a server send data together with
 * its own last handshake flight. One timer a session, no proxying of bytes.
 */
export async function openTlsBackend(rttMs: number): Promise<TlsBackendServer> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
  });
  const configuration = Buffer.from(`${backendConfiguration()}\n`);
  const sessions = new Set<Socket>();
  const tls = createTlsServer({ key, cert, minVersion: 'TLSv1.3' }, (session) => {
    session.on('error', () => session.destroy());
    session.resume();
    session.write(configuration);
  });
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    sessions.add(socket);
    const timer = setTimeout(() => tls.emit('connection', socket), 2 * rttMs);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      sessions.delete(socket);
    });
  });
  server.listen({ host: HOST, port: 0, backlog: BACKLOG });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close: () => {
      server.close();
      for (const socket of sessions) socket.destroy();
    },
  };
}
