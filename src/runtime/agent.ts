import { connect, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { Channel } from '../protocol/channel.ts';
import { PROTOCOL_VERSION } from '../protocol/frames.ts';
import type { HelloHeader } from '../protocol/messages.ts';
import { Session, type SessionEnd } from './main/session.ts';

/**
 * The container runtime's process: dials the worker's socket, says hello, and does what the worker says until `stop`,
 * or until the connection is gone.
 *
 * FAASBATCH_SOCKET   the path to dial
 * FAASBATCH_THREADS  the CPU allowance, cores; for `hello` (what is used comes with `init`)
 *
 * Exit codes: 0 stopped · 1 the connection was lost, or no thread can be started · 2 the environment is wrong. A
 * process whose threads do not let go ends itself by SIGKILL.
 */

/** Linux's sockaddr_un; Node 20 cuts longer paths without a word. */
const MAX_SOCKET_PATH_BYTES = 107;
/** Of one batch's bodies; the worker's own limits are far below. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
/** Threads that have nothing to do end in a few milliseconds. */
const THREADS_CLOSE_MS = 500;

const socketPath = process.env['FAASBATCH_SOCKET'];
if (socketPath === undefined || socketPath === '') leave(2, 'FAASBATCH_SOCKET is not set');
if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
  leave(2, `FAASBATCH_SOCKET is longer than ${MAX_SOCKET_PATH_BYTES} bytes: ${socketPath}`);
}
const socket = connect(socketPath);
socket.once('error', (error) => leave(1, `FAASBATCH_SOCKET ${socketPath}: ${error.message}`));
socket.once('connect', () => serve(socket));

function serve(connection: Socket): void {
  connection.removeAllListeners('error');
  const channel = new Channel(connection, {
    side: 'container',
    maxMessageBytes: MAX_MESSAGE_BYTES,
    onMessage: (message) => session.receive(message),
    onClose: (error) => {
      if (stopping) return;
      if (error !== undefined) process.stderr.write(`connection to the worker lost: ${error.message}\n`);
      // process.exit waits for threads, and those may wait for anything.
      process.kill(process.pid, 'SIGKILL');
    },
  });
  const session = new Session(channel, (end) => {
    stopping = true;
    void close(connection, channel, session, end);
  });
  let stopping = false;
  channel.send(channel.openStream(), 'hello', { ...hello() }, undefined, true);
  // Docker ends containers by SIGTERM. Ctrl-C in the worker's terminal is the worker's business.
  process.on('SIGTERM', () => void session.stop());
  process.on('SIGINT', () => undefined);
}

function hello(): HelloHeader {
  const threads = Number(process.env['FAASBATCH_THREADS']);
  return {
    protocol: PROTOCOL_VERSION,
    runtime: `node/${process.versions.node}`,
    threads: threads > 0 ? Math.ceil(threads) : availableParallelism(),
    capabilities: ['cpu', 'io', 'serial', 'parallel', 'resources'],
    pid: process.pid,
  };
}

async function close(connection: Socket, channel: Channel, session: Session, end: SessionEnd): Promise<void> {
  if (end.type === 'broken') process.stderr.write(`${end.reason}\n`);
  // Once finished, the kernel has all of it, and delivers it also after this process has ended.
  const finished = new Promise((resolve) => connection.once('close', resolve).once('finish', resolve));
  channel.close();
  await finished;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), THREADS_CLOSE_MS);
  await session.closeThreads();
  process.exit(end.type === 'stopped' ? 0 : 1);
}

function leave(code: number, reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(code);
}
