import type { PendingInvocation } from './strategy.ts';

/** Invocations in order of arrival, out of which one in the middle may be taken. */
export class WaitingList {
  readonly #byId = new Map<string, PendingInvocation>();

  get length(): number {
    return this.#byId.size;
  }

  get oldest(): PendingInvocation | undefined {
    for (const invocation of this.#byId.values()) return invocation;
    return undefined;
  }

  push(invocation: PendingInvocation): void {
    this.#byId.set(invocation.id, invocation);
  }

  /** @returns whether it was here. */
  remove(invocation: PendingInvocation): boolean {
    return this.#byId.delete(invocation.id);
  }

  /** Takes the oldest, at most `count` of them. */
  take(count: number): PendingInvocation[] {
    const taken: PendingInvocation[] = [];
    for (const invocation of this.#byId.values()) {
      if (taken.length >= count) break;
      taken.push(invocation);
    }
    for (const invocation of taken) this.#byId.delete(invocation.id);
    return taken;
  }

  takeAll(): PendingInvocation[] {
    return this.take(this.#byId.size);
  }
}
