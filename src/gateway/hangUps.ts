import type { Socket } from 'node:net';
import type { Submission } from '../queue/queue.ts';

/**
 * Cancels what a caller no longer waits for. One listener a connection, however many calls it carries: with a listener
 * on each request, keep-alive connections would pay for it at every call, and pipelined calls would be missed
 * (their responses do not hear of the connection's end).
 */
export class HangUps {
  readonly #waiting = new WeakMap<Socket, Set<Submission>>();

  watch(socket: Socket, submission: Submission): void {
    if (socket.destroyed) {
      submission.cancel();
      return;
    }
    this.#submissionsOf(socket).add(submission);
  }

  /** The caller has its answer. */
  forget(socket: Socket, submission: Submission): void {
    this.#waiting.get(socket)?.delete(submission);
  }

  #submissionsOf(socket: Socket): Set<Submission> {
    const known = this.#waiting.get(socket);
    if (known !== undefined) return known;
    const submissions = new Set<Submission>();
    this.#waiting.set(socket, submissions);
    socket.once('close', () => {
      for (const submission of submissions) submission.cancel();
    });
    return submissions;
  }
}
