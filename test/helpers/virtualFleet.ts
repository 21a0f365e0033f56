import type { Random } from '../../src/lib/random.ts';
import { FaasError } from '../../src/protocol/errors.ts';
import type { Batch, ContainerTimes, Fleet, FleetEvents } from '../../src/scheduling/fleet.ts';
import type { Capacity } from '../../src/scheduling/strategy.ts';
import type { VirtualClock } from './virtualTime.ts';

export interface VirtualFleetOptions {
  readonly maxContainers: number;
  readonly maxContainersPerFunction: number;
  readonly maxStartsInFlight: number;
  readonly maxBatchSize: number;
  readonly parallelism: 'serial' | 'parallel';
  readonly startMs: () => number;
  readonly serviceMs: (invocationId: string) => number;
  readonly startFails: () => boolean;
  /** How long after becoming ready a container dies; Infinity: never. */
  readonly livesMs: () => number;
  readonly keepAliveMs: number;
  readonly random: Random;
}

interface VirtualContainer {
  readonly functionKey: string;
  readonly startRequestedAt: number;
  state: 'starting' | 'ready' | 'gone';
  busyUntil: number;
  open: number;
  idleSince: number;
}

/** Containers in virtual time, with the real pool's limits; remembers what a test wants to check. */
export class VirtualFleet implements Fleet {
  readonly violations: string[] = [];
  readonly startDurations: number[] = [];
  dispatches: { at: number; batch: Batch; containerId: string }[] = [];
  started = 0;
  lost = 0;
  readonly #containers = new Map<string, VirtualContainer>();
  readonly #clock: VirtualClock;
  readonly #options: VirtualFleetOptions;
  readonly #events: FleetEvents;
  readonly #hasDemand: (functionKey: string) => boolean;

  constructor(
    clock: VirtualClock,
    options: VirtualFleetOptions,
    events: FleetEvents,
    hasDemand: (functionKey: string) => boolean,
  ) {
    this.#clock = clock;
    this.#options = options;
    this.#events = events;
    this.#hasDemand = hasDemand;
  }

  get capacity(): Capacity {
    const { maxStartsInFlight, maxBatchSize, maxContainersPerFunction } = this.#options;
    return {
      cores: 4,
      coresIdle: 4,
      memoryFreeBytes: 2 ** 30,
      startsInFlight: this.#starting(),
      maxStartsInFlight,
      canStart: (keys) => this.#fits(keys),
      limits: () => ({
        maxContainers: maxContainersPerFunction,
        maxBatchSize,
        maxBatchBytes: 2 ** 20,
        concurrency: 64,
        kind: 'cpu',
      }),
    };
  }

  start(containerId: string, functionKey: string): void {
    if (!this.#fits([functionKey])) this.violations.push(`start of ${containerId} beyond the limits`);
    while (this.#containers.size >= this.#options.maxContainers) this.#evict();
    this.started += 1;
    const container: VirtualContainer = {
      functionKey,
      startRequestedAt: this.#clock.now(),
      state: 'starting',
      busyUntil: 0,
      open: 0,
      idleSince: 0,
    };
    this.#containers.set(containerId, container);
    const startMs = this.#options.startMs();
    this.startDurations.push(startMs);
    const fails = this.#options.startFails();
    this.#clock.callAt(this.#clock.now() + startMs, () => {
      if (fails) {
        this.#containers.delete(containerId);
        this.#events.startFailed(containerId, new FaasError('start_failed', 'it was so decided'));
      } else {
        this.#ready(containerId, container);
      }
    });
  }

  dispatch(containerId: string, batch: Batch): void {
    const container = this.#containers.get(containerId);
    if (container?.state !== 'ready') {
      this.violations.push(`dispatch to ${containerId}, which is ${container?.state ?? 'gone'}`);
      return;
    }
    if (container.functionKey !== batch.functionKey)
      this.violations.push(`${containerId} got another function's batch`);
    if (batch.invocations.length > this.#options.maxBatchSize) this.violations.push('batch beyond maxBatchSize');
    this.dispatches.push({ at: this.#clock.now(), batch, containerId });
    container.open += batch.invocations.length;
    for (const { id } of batch.invocations) this.#run(container, id);
  }

  cancel(): void {}

  retire(containerId: string): void {
    this.#clock.callAt(this.#clock.now(), () => this.#remove(containerId));
  }

  #run(container: VirtualContainer, id: string): void {
    const now = this.#clock.now();
    const from = this.#options.parallelism === 'serial' ? Math.max(now, container.busyUntil) : now;
    const to = from + this.#options.serviceMs(id);
    container.busyUntil = Math.max(container.busyUntil, to);
    this.#clock.callAt(from, () => {
      if (container.state === 'ready') this.#events.started([id]);
    });
    this.#clock.callAt(to, () => {
      if (container.state !== 'ready') return;
      container.open -= 1;
      container.idleSince = to;
      this.#events.ended(id, { status: 'ok', executionStartedAt: from, executionEndedAt: to });
    });
  }

  #ready(containerId: string, container: VirtualContainer): void {
    const now = this.#clock.now();
    container.state = 'ready';
    container.idleSince = now;
    const times: ContainerTimes = { startRequestedAt: container.startRequestedAt, readyAt: now, prewarmed: false };
    this.#events.containerReady(containerId, times);
    const livesMs = this.#options.livesMs();
    if (livesMs !== Number.POSITIVE_INFINITY) this.#clock.callAt(now + livesMs, () => this.#lose(containerId));
    this.#expireWhenIdle(containerId, container);
  }

  #expireWhenIdle(containerId: string, container: VirtualContainer): void {
    this.#clock.callAt(Math.max(container.idleSince + this.#options.keepAliveMs, this.#clock.now() + 1), () => {
      if (container.state !== 'ready') return;
      const expired = container.open === 0 && this.#clock.now() - container.idleSince >= this.#options.keepAliveMs;
      if (expired && !this.#hasDemand(container.functionKey)) this.#remove(containerId);
      else this.#expireWhenIdle(containerId, container);
    });
  }

  #lose(containerId: string): void {
    if (this.#containers.get(containerId)?.state !== 'ready') return;
    this.lost += 1;
    this.#remove(containerId);
  }

  #remove(containerId: string): void {
    const container = this.#containers.get(containerId);
    if (container === undefined) return;
    container.state = 'gone';
    this.#containers.delete(containerId);
    this.#events.containerGone(containerId, 'it was so decided');
  }

  #evict(): void {
    const [id, victim] = this.#evictable()[0] ?? [];
    if (id === undefined || victim === undefined) throw new Error('nothing to evict');
    victim.state = 'gone';
    this.#containers.delete(id);
    this.#events.containerGone(id, 'evicted');
  }

  #evictable(): [string, VirtualContainer][] {
    return [...this.#containers].filter(
      ([, { state, open, functionKey }]) => state === 'ready' && open === 0 && !this.#hasDemand(functionKey),
    );
  }

  #starting(): number {
    return [...this.#containers.values()].filter(({ state }) => state === 'starting').length;
  }

  #fits(keys: readonly string[]): boolean {
    const { maxContainers, maxContainersPerFunction, maxStartsInFlight } = this.#options;
    if (this.#starting() + keys.length > maxStartsInFlight) return false;
    const room = maxContainers - this.#containers.size + this.#evictable().length;
    if (keys.length > room) return false;
    return keys.every((key) => {
      const live = [...this.#containers.values()].filter(({ functionKey }) => functionKey === key).length;
      return live + keys.filter((other) => other === key).length <= maxContainersPerFunction;
    });
  }
}
