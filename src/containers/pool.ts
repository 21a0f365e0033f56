import { monotonicMs } from '../lib/clock.ts';
import { asError, FaasError } from '../protocol/errors.ts';
import type { ContainerOutcome } from '../protocol/invocation.ts';
import type { DeployedFunction } from '../protocol/manifest.ts';
import type { Batch, Fleet, FleetEvents } from '../scheduling/fleet.ts';
import { Container, type InitSettings } from './container.ts';
import type { Engine } from './engine.ts';
import { concurrencyOf, type PoolLimits, threadsOf } from './limits.ts';
import { PoolAccounts } from './poolAccounts.ts';
import { PrewarmedContainers } from './prewarmed.ts';
import { BYTES_PER_MB, type Member, Roster } from './roster.ts';

export interface PoolOptions {
  readonly engine: Engine;
  readonly limits: PoolLimits;
  readonly keepAliveMs: number;
  readonly startTimeoutMs: number;
  /** What a container that is told to end has for that. */
  readonly stopGraceMs: number;
  /** Generic containers to keep ready. */
  readonly prewarmed: number;
  /** How containers run what they get, the same for all functions of this worker. */
  readonly settings: Pick<InitSettings, 'parallelism' | 'multiplexing' | 'maxResultBytes' | 'maxLogBytes'>;
  /** Containers' folders are made here. */
  readonly directory: string;
  readonly sharedModules: string | undefined;
  /** @throws FaasError if there is no such function */
  readonly lookUp: (functionKey: string) => DeployedFunction;
  /** Do calls wait for this function? Then its idle containers are not taken from it. */
  readonly hasDemand: (functionKey: string) => boolean;
  readonly events: FleetEvents;
}

const HOUSEKEEPING_MS = 1_000;

/**
 * The worker's containers: starts them within the limits, keeps idle ones for a while, takes the one idle longest when
 * another function needs its room, and notices at once when one is lost. What to start and whom to give what is the
 * strategy's to say.
 */
export class ContainerPool implements Fleet {
  readonly accounts = new PoolAccounts();
  readonly capacity: Roster;
  readonly #options: PoolOptions;
  /** Every container of this pool, spares and those that are ending included. */
  readonly #containers = new Set<Container>();
  readonly #prewarmed: PrewarmedContainers;
  readonly #housekeeping: NodeJS.Timeout;
  #names = 0;
  #closing: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    const manifestOf = (functionKey: string) => options.lookUp(functionKey).manifest;
    this.capacity = new Roster({ limits: options.limits, manifestOf, hasDemand: options.hasDemand });
    this.#prewarmed = new PrewarmedContainers({
      target: options.prewarmed,
      make: () => this.#make(),
      mayStart: () => this.capacity.startsInFlight === 0,
    });
    this.#prewarmed.refill();
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS).unref();
  }

  /** Generic spares are `prewarmed`. */
  countByState(): { starting: number; idle: number; busy: number; prewarmed: number } {
    const count = { starting: 0, idle: 0, busy: 0, prewarmed: this.#prewarmed.count };
    for (const { state, open } of this.capacity.members.values()) {
      count[state === 'starting' ? 'starting' : open === 0 ? 'idle' : 'busy'] += 1;
    }
    return count;
  }

  start(containerId: string, functionKey: string): void {
    for (const victim of this.capacity.victimsFor(functionKey))
      this.#dismiss(victim, 'another function needed its room');
    const spare = this.#prewarmed.take();
    if (spare !== undefined) this.accounts.prewarmed += 1;
    const container = spare ?? this.#make();
    const member: Member = {
      id: containerId,
      functionKey,
      container,
      memoryBytes: this.#options.lookUp(functionKey).manifest.memoryMb * BYTES_PER_MB,
      startRequestedAt: monotonicMs(),
      state: 'starting',
      open: 0,
      idleSince: 0,
    };
    this.capacity.add(member);
    this.accounts.started += 1;
    this.accounts.peak = Math.max(this.accounts.peak, this.capacity.members.size);
    container.owner = {
      started: (ids) => this.#options.events.started(ids),
      ended: (id, outcome) => this.#ended(member, id, outcome),
      gone: (reason) => this.#lost(member, reason),
    };
    void this.#bringUp(member, spare === undefined);
  }

  dispatch(containerId: string, batch: Batch): void {
    const member = this.#member(containerId);
    this.capacity.dispatched(member, batch.invocations.length);
    member.container.dispatch(batch);
  }

  cancel(containerId: string, batchId: string, invocationId: string): void {
    this.capacity.members.get(containerId)?.container.cancel(batchId, invocationId);
  }

  retire(containerId: string): void {
    const member = this.capacity.members.get(containerId);
    if (member?.state === 'ready' && member.open === 0) this.#dismiss(member, 'the strategy retired it');
  }

  /** Ends all containers, what they still run included, and resolves when they are gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#housekeeping);
    this.#prewarmed.close();
    for (const member of [...this.capacity.members.values()]) this.capacity.remove(member);
    await Promise.all([...this.#containers].map((container) => container.stop(this.#options.stopGraceMs)));
  }

  async #bringUp(member: Member, fromNothing: boolean): Promise<void> {
    const { events, lookUp, limits, settings } = this.#options;
    try {
      const deployed = lookUp(member.functionKey);
      const { manifest } = deployed;
      const placed = member.container.place(deployed);
      await Promise.all([placed, fromNothing ? member.container.boot() : undefined]);
      await member.container.become(deployed, {
        ...settings,
        concurrency: settings.parallelism === 'serial' ? 1 : concurrencyOf(manifest, limits.cores),
        threads: threadsOf(manifest, limits.cores),
      });
    } catch (thrown) {
      void member.container.stop(this.#options.stopGraceMs);
      if (!this.#forget(member)) return;
      this.accounts.startsFailed += 1;
      const error = thrown instanceof FaasError ? thrown : new FaasError('start_failed', asError(thrown).message);
      events.startFailed(member.id, error);
      return;
    }
    if (this.capacity.members.get(member.id) !== member) return;
    const readyAt = monotonicMs();
    this.capacity.becameReady(member, readyAt);
    const { startRequestedAt } = member;
    events.containerReady(member.id, { startRequestedAt, readyAt, prewarmed: !fromNothing });
    this.#prewarmed.refill();
  }

  #make(): Container {
    this.#names += 1;
    const { directory, engine, startTimeoutMs, sharedModules, limits } = this.#options;
    const container = new Container({
      name: `k${this.#names}`,
      parentDirectory: directory,
      engine,
      cpus: limits.cores,
      startTimeoutMs,
      sharedModules,
    });
    this.#containers.add(container);
    this.accounts.opened(container, monotonicMs());
    void container.ended.then(() => {
      this.#containers.delete(container);
      this.#prewarmed.forget(container);
      this.accounts.closed(container, monotonicMs());
    });
    return container;
  }

  #ended(member: Member, invocationId: string, outcome: ContainerOutcome): void {
    this.capacity.ended(member, monotonicMs());
    this.#options.events.ended(invocationId, outcome);
  }

  /** Its container died. While it was starting, bringUp tells. */
  #lost(member: Member, reason: string): void {
    if (member.state === 'starting' || !this.#forget(member)) return;
    this.accounts.lost += 1;
    this.#options.events.containerGone(member.id, reason);
  }

  /** Ends an idle member: to the dispatcher it is gone from now on. */
  #dismiss(member: Member, reason: string): void {
    if (!this.#forget(member)) return;
    void member.container.stop(this.#options.stopGraceMs);
    this.#options.events.containerGone(member.id, reason);
  }

  /** @returns whether it was a member until now. */
  #forget(member: Member): boolean {
    if (this.capacity.members.get(member.id) !== member) return false;
    this.capacity.remove(member);
    return true;
  }

  #member(containerId: string): Member {
    const member = this.capacity.members.get(containerId);
    if (member === undefined) throw new FaasError('internal', `container ${containerId} is not in the pool`);
    return member;
  }

  #keepHouse(): void {
    const now = monotonicMs();
    this.accounts.sample(now);
    for (const member of this.capacity.idleFor(this.#options.keepAliveMs, now)) {
      this.#dismiss(member, `it was idle for keepAliveMs = ${this.#options.keepAliveMs}`);
    }
    this.#prewarmed.refill();
  }
}
