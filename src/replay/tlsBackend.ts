import { fork } from 'node:child_process';
import { once } from 'node:events';
import { entry } from '../lib/entry.ts';
import { FaasError } from '../protocol/errors.ts';

/** The server that `client-create` functions connect to; its first three fields are their event. */
export interface TlsBackend {
  readonly host: string;
  readonly port: number;
  readonly rttMs: number;
  /** Ends its process and all sessions. Idempotent. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Starts a TLS server at a simulated round-trip time in a process of its own, which ends with this one.
 * @throws FaasError `replayer_failed`
 */
export async function startTlsBackend({ rttMs }: { readonly rttMs: number }): Promise<TlsBackend> {
  const { path, execArgv } = entry(import.meta.url, './tlsBackendMain');
  const child = fork(path, [String(rttMs)], {
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Ctrl-C in a terminal is for this process alone: calls in flight still need the backend.
    detached: true,
  });
  const exited = once(child, 'exit');
  const port = new Promise<number>((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new FaasError('replayer_failed', `the TLS backend ended with ${signal ?? code} before it listened`));
    });
  });
  return {
    host: HOST,
    port: await port,
    rttMs,
    close: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
