import { deferred } from '../lib/deferred.ts';
import { FaasError } from '../protocol/errors.ts';
import type { Invocation, Outcome } from '../protocol/invocation.ts';
import type { Dispatcher } from '../scheduling/dispatcher.ts';
import type { InvocationQueue, InvocationView, Submission } from './queue.ts';

export interface MemoryQueueOptions {
  /** Ended invocations that `find` still knows, without their results. */
  readonly keptOutcomes: number;
  /** Called once per accepted invocation, in the order in which they end. */
  readonly onOutcome: (outcome: Outcome) => void;
}

/**
 * The queue of one process: what is accepted goes straight to the dispatcher, which keeps what waits.
 * It dies with the process.
 *
 * open → draining: submit answers `draining`; what was accepted goes on.
 */
export class MemoryQueue implements InvocationQueue {
  readonly #dispatcher: Dispatcher;
  readonly #options: MemoryQueueOptions;
  readonly #live = new Map<string, Invocation>();
  /** Oldest first; without bodies. */
  readonly #ended = new Map<string, Outcome>();
  #draining = false;

  constructor(dispatcher: Dispatcher, options: MemoryQueueOptions) {
    this.#dispatcher = dispatcher;
    this.#options = options;
  }

  get draining(): boolean {
    return this.#draining;
  }

  submit(invocation: Invocation): Submission {
    if (this.#draining) throw new FaasError('draining', 'the worker is shutting down', { retryAfterSeconds: 1 });
    if (this.#live.has(invocation.id)) {
      throw new FaasError('conflict', `invocation ${invocation.id} is under way`, { invocationId: invocation.id });
    }
    if (this.#ended.has(invocation.id)) {
      throw new FaasError('conflict', `invocation ${invocation.id} has ended already`, { invocationId: invocation.id });
    }
    const { promise: outcome, resolve } = deferred<Outcome>();
    this.#live.set(invocation.id, invocation);
    try {
      this.#dispatcher.submit(invocation, (ended) => {
        this.#keep(ended);
        this.#options.onOutcome(ended);
        resolve(ended);
      });
    } catch (thrown) {
      this.#live.delete(invocation.id);
      throw thrown;
    }
    return { outcome, cancel: () => this.#dispatcher.cancel(invocation.id) };
  }

  find(invocationId: string): InvocationView | undefined {
    const outcome = this.#ended.get(invocationId);
    if (outcome !== undefined) {
      const { functionKey, acceptedAt } = outcome;
      return { invocationId, functionKey, state: 'done', acceptedAt, outcome };
    }
    const live = this.#live.get(invocationId);
    if (live === undefined) return undefined;
    const state = this.#dispatcher.stateOf(invocationId) === 'waiting' ? 'waiting' : 'dispatched';
    return { invocationId, functionKey: live.functionKey, state, acceptedAt: live.acceptedAt };
  }

  /** Accepts no more; resolves when everything accepted has ended. */
  drain(): Promise<void> {
    this.#draining = true;
    return this.#dispatcher.idle();
  }

  #keep({ body: _body, ...outcome }: Outcome): void {
    this.#live.delete(outcome.invocationId);
    this.#ended.set(outcome.invocationId, outcome);
    if (this.#ended.size <= this.#options.keptOutcomes) return;
    for (const oldest of this.#ended.keys()) {
      this.#ended.delete(oldest);
      return;
    }
  }
}
