import type { WorkerConfig } from '../config/worker.ts';

/** What a worker process is told by whoever started it, over the IPC channel. */
export type ToWorker =
  | {
      readonly type: 'start';
      readonly config: WorkerConfig;
      readonly functionsPath: string;
      readonly recordsPath: string;
      readonly accountsPath: string;
    }
  /** Drain and end; a second one does not wait for what is under way. */
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'ready'; readonly url: string; readonly workerId: string }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** Everything is recorded; the process ends. */
  | { readonly type: 'closed' };
