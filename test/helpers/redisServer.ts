import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type Background, startServer } from './background.ts';

const START_PATIENCE_MS = 10_000;

/** A Redis of our own on a free loopback port, which keeps nothing. */
export async function startRedis(command: string, folder: string): Promise<Background & { url: string }> {
  const port = await freePort();
  const options = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no' };
  const commandLine = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const log = join(folder, 'redis.log');
  const server = await startServer(command, commandLine, log, () => pings(port), START_PATIENCE_MS);
  return { ...server, url: `redis://127.0.0.1:${port}` };
}

async function pings(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.on('error', () => resolve(false));
    socket.on('data', (answer) => {
      socket.destroy();
      resolve(String(answer).startsWith('+PONG'));
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port of a loopback listener');
  return address.port;
}
