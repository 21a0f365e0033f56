import type { MessagePort } from 'node:worker_threads';
import type { InitHeader, OutcomeHeader } from '../../protocol/messages.ts';

/** What the main thread and the threads of one container say to each other. Never leaves the process. */

/** The threads' `workerData`. */
export interface ThreadSetup {
  readonly init: InitHeader;
  /** One element a place: the id of the thread in it, 0 if free. As many places as threads. */
  readonly places: SharedArrayBuffer;
  /** Handlers under way at once, for the thread in each place; adds up to the container's concurrency. */
  readonly limits: readonly number[];
}

/** A Piscina task: see that the handler is loaded, and then take part in the batches that arrived in one turn, if any. */
export interface ThreadTask {
  readonly batches: readonly BatchTask[];
}

export interface BatchTask {
  /** The stream that the batch came on. */
  readonly stream: number;
  /** A SharedBatch of `count` invocations. */
  readonly shared: SharedArrayBuffer;
  readonly count: number;
  /** What this task may claim, in arrival order. */
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly index: number;
  readonly id: string;
  readonly contentType: string;
  /** Where its body lies in the batch's. */
  readonly offset: number;
  readonly size: number;
}

/** How a task of Piscina's ends. */
export type TaskEnd = { readonly type: 'done'; readonly importMs: number } | ImportFailure;

/** The handler could not be loaded in this thread, and the thread will never run anything. */
export interface ImportFailure {
  readonly type: 'import_failed';
  readonly threadId: number;
  readonly message: string;
}

/** thread → main, through Piscina's 'message' event, once, before anything else. */
export interface AttachMessage {
  readonly type: 'attach';
  readonly threadId: number;
  /** On which everything else goes. */
  readonly port: MessagePort;
}

/** thread → main, on the thread's port. */
export interface ThreadReport {
  /** Answers a ping. */
  readonly pong?: true;
  /** The handler is loaded. */
  readonly loaded?: true;
  readonly started?: readonly { readonly stream: number; readonly indices: readonly number[] }[];
  readonly outcomes?: readonly {
    readonly stream: number;
    readonly header: OutcomeHeader;
    /** Bytes of its result in `bodies`. */
    readonly size: number;
  }[];
  /** The results of `outcomes`, one after another. */
  readonly bodies?: Uint8Array;
  readonly resourcesLive: number;
}

/** main → thread, on the thread's port: answer if your event loop turns. */
export interface Ping {
  readonly ping: true;
}
