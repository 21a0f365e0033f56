import type { FunctionManifest } from '../protocol/manifest.ts';
import type { Capacity, FunctionLimits } from '../scheduling/strategy.ts';
import type { Container } from './container.ts';
import { concurrencyOf, type PoolLimits } from './limits.ts';

/** A container that belongs to a function. */
export interface Member {
  readonly id: string;
  readonly functionKey: string;
  readonly container: Container;
  readonly memoryBytes: number;
  readonly startRequestedAt: number;
  state: 'starting' | 'ready';
  /** Invocations dispatched to it that have not ended. */
  open: number;
  idleSince: number;
}

export interface RosterOptions {
  readonly limits: PoolLimits;
  readonly manifestOf: (functionKey: string) => FunctionManifest;
  readonly hasDemand: (functionKey: string) => boolean;
}

/** Who is in the pool, and what more it would take: the arithmetic of the limits. */
export class Roster implements Capacity {
  readonly members = new Map<string, Member>();
  readonly #options: RosterOptions;
  readonly #perFunction = new Map<string, number>();
  #memoryBytes = 0;
  #startsInFlight = 0;
  #running = 0;

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  get cores(): number {
    return this.#options.limits.cores;
  }

  get coresIdle(): number {
    return Math.max(0, this.cores - this.#running - this.#startsInFlight);
  }

  get startsInFlight(): number {
    return this.#startsInFlight;
  }

  get maxStartsInFlight(): number {
    return this.#options.limits.maxStartsInFlight;
  }

  get memoryFreeBytes(): number {
    return this.#options.limits.memoryBudgetBytes - this.#memoryBytes;
  }

  limits(functionKey: string): FunctionLimits {
    const { limits } = this.#options;
    const manifest = this.#options.manifestOf(functionKey);
    return {
      maxContainers: this.#maxContainersOf(functionKey),
      maxBatchSize: limits.maxBatchSize,
      maxBatchBytes: MAX_BATCH_BYTES,
      concurrency: concurrencyOf(manifest, limits.cores),
      kind: manifest.kind,
    };
  }

  canStart(functionKeys: readonly string[]): boolean {
    if (this.#startsInFlight + functionKeys.length > this.maxStartsInFlight) return false;
    const asked = new Map<string, number>();
    for (const key of functionKeys) asked.set(key, (asked.get(key) ?? 0) + 1);
    for (const [key, count] of asked) {
      if ((this.#perFunction.get(key) ?? 0) + count > this.#maxContainersOf(key)) return false;
    }
    return this.#overdraft(functionKeys) === undefined || this.#makeRoom(functionKeys) !== undefined;
  }

  /** Idle containers, idle longest first, that have to go for these to fit; undefined if that would not do. */
  #makeRoom(functionKeys: readonly string[]): Member[] | undefined {
    const over = this.#overdraft(functionKeys);
    if (over === undefined) return [];
    const victims: Member[] = [];
    let { containers, bytes } = over;
    for (const member of this.#idleLongestFirst()) {
      if (containers <= 0 && bytes <= 0) break;
      if (this.#options.hasDemand(member.functionKey) || functionKeys.includes(member.functionKey)) continue;
      victims.push(member);
      containers -= 1;
      bytes -= member.memoryBytes;
    }
    return containers <= 0 && bytes <= 0 ? victims : undefined;
  }

  /** Whom a start for this function drives out. Only to be asked when canStart has said yes. */
  victimsFor(functionKey: string): readonly Member[] {
    return this.#makeRoom([functionKey]) ?? [];
  }

  add(member: Member): void {
    this.members.set(member.id, member);
    this.#perFunction.set(member.functionKey, (this.#perFunction.get(member.functionKey) ?? 0) + 1);
    this.#memoryBytes += member.memoryBytes;
    this.#startsInFlight += 1;
  }

  becameReady(member: Member, now: number): void {
    member.state = 'ready';
    member.idleSince = now;
    this.#startsInFlight -= 1;
  }

  dispatched(member: Member, invocations: number): void {
    member.open += invocations;
    this.#running += invocations;
  }

  ended(member: Member, now: number): void {
    member.open -= 1;
    member.idleSince = now;
    this.#running -= 1;
  }

  remove(member: Member): void {
    if (!this.members.delete(member.id)) return;
    const left = (this.#perFunction.get(member.functionKey) ?? 0) - 1;
    if (left > 0) this.#perFunction.set(member.functionKey, left);
    else this.#perFunction.delete(member.functionKey);
    this.#memoryBytes -= member.memoryBytes;
    this.#running -= member.open;
    if (member.state === 'starting') this.#startsInFlight -= 1;
  }

  /** Ready containers with nothing to do for at least so long. */
  idleFor(ms: number, now: number): Member[] {
    return this.#idleLongestFirst().filter(
      ({ idleSince, functionKey }) => now - idleSince >= ms && !this.#options.hasDemand(functionKey),
    );
  }

  #idleLongestFirst(): Member[] {
    return [...this.members.values()]
      .filter(({ state, open }) => state === 'ready' && open === 0)
      .sort((a, b) => a.idleSince - b.idleSince);
  }

  #maxContainersOf(functionKey: string): number {
    const { maxContainersPerFunction } = this.#options.limits;
    return Math.min(
      maxContainersPerFunction,
      this.#options.manifestOf(functionKey).maxContainers ?? Number.POSITIVE_INFINITY,
    );
  }

  /** By how much these would exceed the worker's limits; undefined if they fit. */
  #overdraft(functionKeys: readonly string[]): { containers: number; bytes: number } | undefined {
    const { maxContainers } = this.#options.limits;
    const containers = this.members.size + functionKeys.length - maxContainers;
    let bytes = -this.memoryFreeBytes;
    for (const key of functionKeys) bytes += this.#options.manifestOf(key).memoryMb * BYTES_PER_MB;
    return containers > 0 || bytes > 0 ? { containers, bytes } : undefined;
  }
}

export const BYTES_PER_MB = 1024 * 1024;
/** Far below what one message may hold, and more than any sensible batch. */
const MAX_BATCH_BYTES = 64 * BYTES_PER_MB;
