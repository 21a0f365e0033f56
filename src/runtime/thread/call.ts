import { AsyncLocalStorage } from 'node:async_hooks';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Entry } from '../crossing/messages.ts';
import type { SharedBatch } from '../crossing/sharedBatch.ts';
import type { LogBuffer } from './logBuffer.ts';
import type { ResourceLease } from './resources.ts';
import type { EncodedResult } from './resultCodec.ts';

/** How a call ends. */
export type Verdict =
  | { readonly status: 'ok'; readonly result: EncodedResult }
  | { readonly status: 'error' | 'timeout'; readonly code: ErrorCode; readonly message: string };

/** Where an invocation came from and where its outcome goes. */
export interface Claim {
  readonly stream: number;
  readonly shared: SharedBatch;
  readonly entry: Entry;
}

/**
 * One invocation, from its decoded event to its outcome.
 *
 * under way → over: by the handler's end, its deadline, or a fault attributed to it; whichever is first, once.
 */
export class Call {
  readonly claim: Claim;
  readonly logs: LogBuffer;
  readonly resources: ResourceLease;
  startedAt: number | undefined;
  endedAt: number | undefined;
  /** The thread's CPU time when it began; undefined where calls interleave. */
  cpuMsAtStart: number | undefined;
  readonly #onOver: (call: Call, verdict: Verdict) => void;
  #over = false;
  #abort: AbortController | undefined;

  constructor(claim: Claim, logs: LogBuffer, resources: ResourceLease, onOver: (call: Call, verdict: Verdict) => void) {
    this.claim = claim;
    this.logs = logs;
    this.resources = resources;
    this.#onOver = onOver;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Made when the handler asks for it: most do not, and it costs more than the rest of the context. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** Only the first verdict counts. */
  end(verdict: Verdict): void {
    if (this.#over) return;
    this.#over = true;
    this.#onOver(this, verdict);
  }

  fail(code: ErrorCode, message: string): void {
    this.end({ status: 'error', code, message });
  }

  /** Answered first, then told: what its listeners do comes too late to matter. */
  timeOut(message: string): void {
    this.end({ status: 'timeout', code: 'timeout', message });
    this.#abort ??= new AbortController();
    const reason = new Error(message);
    reason.name = 'TimeoutError';
    currentCall.run(this, () => this.#abort?.abort(reason));
  }
}

/** The call on whose behalf code runs, also in callbacks and promises that it left behind. */
export const currentCall = new AsyncLocalStorage<Call>();
