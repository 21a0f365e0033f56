import type { Invocation, Outcome } from '../protocol/invocation.ts';

/** An accepted invocation: its end, and the way to give it up. */
export interface Submission {
  /** Never rejects: every accepted invocation ends in exactly one outcome. */
  readonly outcome: Promise<Outcome>;
  /** The caller hung up: ends the invocation as `failed` (`cancelled`) if it has not started, else does nothing. */
  cancel(): void;
}

/** Where an invocation is, for those who ask why it waits. */
export interface InvocationView {
  readonly invocationId: string;
  readonly functionKey: string;
  readonly state: 'waiting' | 'dispatched' | 'done';
  readonly acceptedAt: number;
  /** Present once done. */
  readonly outcome?: Outcome;
}

/** The way from the gateway to the workers: in memory on one machine. */
export interface InvocationQueue {
  /** @throws FaasError `queue_full`, `function_queue_full`, `draining`, `conflict` (the id is known already) */
  submit(invocation: Invocation): Submission;
  /** What is under way, and what ended not long ago (bounded). */
  find(invocationId: string): InvocationView | undefined;
}
