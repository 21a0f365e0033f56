import type { PendingInvocation } from './strategy.ts';

/** Invocations in order of arrival, out of which one in the middle may be taken. */
export class WaitingList {
  readonly #byId = new Map<string, PendingInvocation>();
  #acceptedAtSum = 0;
  #bytes = 0;

  get length(): number {
    return this.#byId.size;
  }

  get oldest(): PendingInvocation | undefined {
    for (const invocation of this.#byId.values()) return invocation;
    return undefined;
  }

  /** Of their bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** In sum over all of them. */
  waitedMs(now: number): number {
    return this.#byId.size * now - this.#acceptedAtSum;
  }

  push(invocation: PendingInvocation): void {
    this.#byId.set(invocation.id, invocation);
    this.#acceptedAtSum += invocation.acceptedAt;
    this.#bytes += invocation.bytes;
  }

  /** @returns whether it was here. */
  remove({ id, acceptedAt, bytes }: PendingInvocation): boolean {
    if (!this.#byId.delete(id)) return false;
    this.#acceptedAtSum -= acceptedAt;
    this.#bytes -= bytes;
    return true;
  }

  /** Takes the oldest, at most `count` of them. */
  take(count: number): PendingInvocation[] {
    const taken: PendingInvocation[] = [];
    for (const invocation of this.#byId.values()) {
      if (taken.length >= count) break;
      taken.push(invocation);
    }
    for (const invocation of taken) this.remove(invocation);
    return taken;
  }

  /** Takes the oldest into a list of their own: as many as these limits allow, and at least one. */
  split(maxCount: number, maxBytes: number): WaitingList {
    const part = new WaitingList();
    for (const invocation of this.#byId.values()) {
      if (part.length >= maxCount || (part.length > 0 && part.bytes + invocation.bytes > maxBytes)) break;
      part.push(invocation);
    }
    for (const invocation of part.#byId.values()) this.remove(invocation);
    return part;
  }

  takeAll(): PendingInvocation[] {
    return this.take(this.#byId.size);
  }
}
