import { fork } from 'node:child_process';
import { deferred } from '../lib/deferred.ts';
import { entry } from '../lib/entry.ts';
import { FaasError } from '../protocol/errors.ts';
import type { ReplayCommand, ReplayMessage, ReplayResult } from './messages.ts';

export interface ReplayerProcess {
  readonly pid: number | undefined;
  /**
   * Settles once the process is gone.
   * @throws FaasError `replayer_failed` if it ended without a result: its plan cannot be read, or it was killed
   */
  readonly result: Promise<ReplayResult>;
  /** Sends no more calls; what is in flight may end. */
  stop(): void;
  /** The worker is known to be gone: sends no more and gives up what is in flight. */
  targetGone(): void;
  /** Ends the process at once; the records of its last moments are lost. */
  kill(): void;
}

export interface ReplayerProcessOptions {
  readonly planPath: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Started, progress and result, as they come. */
  readonly onMessage?: (message: ReplayMessage) => void;
}

const MAX_STDERR_CHARACTERS = 4_096;

/** Starts a replayer in a process of its own, so that load generator and system under test do not share one. */
export function startReplayer({ planPath, env = process.env, onMessage }: ReplayerProcessOptions): ReplayerProcess {
  const { path, execArgv } = entry(import.meta.url, './main');
  const child = fork(path, [planPath], {
    env,
    execArgv: [...execArgv],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    // Ctrl-C in a terminal is for this process alone, which says when to stop.
    detached: true,
  });
  const { promise, resolve, reject } = deferred<ReplayResult>();
  let result: ReplayResult | undefined;
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-MAX_STDERR_CHARACTERS);
  });
  child.on('message', (message: ReplayMessage) => {
    if (message.type === 'result') result = message;
    onMessage?.(message);
  });
  child.on('error', reject);
  child.on('close', (code, signal) => {
    if (result !== undefined) resolve(result);
    else reject(new FaasError('replayer_failed', `the replayer ended with ${signal ?? code}: ${stderr.trim()}`));
  });
  const command = (message: ReplayCommand): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  return {
    pid: child.pid,
    result: promise,
    stop: () => command({ type: 'stop' }),
    targetGone: () => command({ type: 'target-gone' }),
    kill: () => void child.kill('SIGKILL'),
  };
}
