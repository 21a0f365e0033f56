import { asError, FaasError } from '../protocol/errors.ts';
import type { ContainerOutcome, Invocation, Outcome } from '../protocol/invocation.ts';
import { Admission, type QueueLimits } from './admission.ts';
import { afterLoss } from './afterLoss.ts';
import { type Entry, leaveBatch, newEntry, type RunningBatch, requeue, toOutcome } from './entry.ts';
import type { ContainerTimes, Fleet, FleetEvents } from './fleet.ts';
import type { Command, PendingInvocation, SchedulingEvent, Strategy } from './strategy.ts';
import { type Clock, Wakes } from './wakes.ts';

export interface DispatcherOptions {
  readonly strategy: Strategy;
  readonly clock: Clock;
  readonly limits: QueueLimits;
  /** From acceptedAt; what has not been dispatched by then ends as `timeout`. */
  readonly queueTimeoutMs: number;
  readonly maxAttempts: number;
  /** Starts of one function that may fail in a row before what waits for it ends as `failed`. */
  readonly maxStartFailures: number;
  /** `each`: an outcome leaves when it is there; `batch`: with the last of its batch, as the original has it. */
  readonly release: 'each' | 'batch';
  readonly isIdempotent: (functionKey: string) => boolean;
  /** Makes batch ids unique among workers. */
  readonly idPrefix: string;
  readonly onBatch?: (size: number) => void;
}

const CANCELLED: ContainerOutcome = {
  status: 'failed',
  code: 'cancelled',
  message: 'the caller hung up before the call started',
};

interface KnownContainer {
  readonly functionKey: string;
  times: ContainerTimes | undefined;
  readonly inFlight: Set<Entry>;
}

/**
 * Drives a strategy: hands it what happens, carries out what it commands, and sees to it that every accepted
 * invocation ends in exactly one outcome (rule 4). It keeps all that waits; containers get only what is dispatched.
 *
 * It holds neither timers nor containers of its own: with a virtual clock and fleet it runs in virtual time.
 */
export class Dispatcher<F extends Fleet = Fleet> implements FleetEvents {
  readonly fleet: F;
  readonly #options: DispatcherOptions;
  readonly #admission: Admission;
  readonly #wakes: Wakes;
  /** In order of acceptance. */
  readonly #entries = new Map<string, Entry>();
  readonly #containers = new Map<string, KnownContainer>();
  readonly #startFailures = new Map<string, number>();
  readonly #events: SchedulingEvent[] = [];
  #handling = false;
  #batches = 0;
  readonly #onEmpty: (() => void)[] = [];
  #deadline: { readonly at: number; readonly callOff: () => void } | undefined;
  #closed = false;

  /** @param connect gets the dispatcher's ears and gives the fleet. */
  constructor(options: DispatcherOptions, connect: (events: FleetEvents) => F) {
    this.#options = options;
    this.#admission = new Admission(options.limits);
    this.#wakes = new Wakes(options.clock, () => this.#handle({ type: 'wake' }));
    this.fleet = connect(this);
  }

  get waiting(): number {
    return this.#admission.total;
  }

  get inFlight(): number {
    return this.#entries.size;
  }

  waitingFor(functionKey: string): number {
    return this.#admission.of(functionKey);
  }

  stateOf(invocationId: string): Entry['state'] | undefined {
    return this.#entries.get(invocationId)?.state;
  }

  /**
   * Accepts an invocation: from here on `onOutcome` will be called exactly once.
   * @throws FaasError `queue_full`, `function_queue_full`, or `conflict` if one of this id is under way
   */
  submit(invocation: Invocation, onOutcome: (outcome: Outcome) => void): void {
    if (this.#entries.has(invocation.id)) {
      throw new FaasError('conflict', `invocation ${invocation.id} is under way already`, {
        invocationId: invocation.id,
      });
    }
    this.#admission.check(invocation.functionKey, invocation.body.byteLength);
    const entry = newEntry(invocation, this.#options.clock.now(), onOutcome);
    this.#armDeadline(invocation.acceptedAt + this.#options.queueTimeoutMs);
    this.#entries.set(invocation.id, entry);
    this.#admission.enter(entry.pending);
    this.#handle({ type: 'arrival', invocation: entry.pending });
  }

  /** The caller gave up: what waits ends as `failed` (`cancelled`); of what is dispatched the container decides. */
  cancel(invocationId: string): void {
    const entry = this.#entries.get(invocationId);
    if (entry === undefined || entry.state === 'started') return;
    entry.cancelled = true;
    if (entry.batch !== undefined) {
      this.fleet.cancel(entry.batch.containerId, entry.batch.id, invocationId);
      return;
    }
    this.#giveUp(entry, CANCELLED);
  }

  /** Resolves when nothing is waiting or under way. */
  idle(): Promise<void> {
    if (this.#entries.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /** Ends whatever is left, as `failed` (`shutdown`), and hears and commands nothing any more. */
  close(): void {
    this.#closed = true;
    const message = 'the worker was stopped before the call had ended';
    for (const entry of [...this.#entries.values()])
      this.#finish(entry, { status: 'failed', code: 'shutdown', message });
    this.#wakes.clear();
    this.#deadline?.callOff();
  }

  containerReady(containerId: string, times: ContainerTimes): void {
    if (this.#closed) return;
    const container = this.#container(containerId);
    container.times = times;
    this.#startFailures.delete(container.functionKey);
    this.#handle({ type: 'containerReady', containerId, functionKey: container.functionKey });
  }

  startFailed(containerId: string, error: FaasError): void {
    if (this.#closed) return;
    const { functionKey } = this.#container(containerId);
    this.#containers.delete(containerId);
    const failures = (this.#startFailures.get(functionKey) ?? 0) + 1;
    this.#startFailures.set(functionKey, failures);
    this.#handle({ type: 'startFailed', containerId, functionKey });
    if (failures < this.#options.maxStartFailures) return;
    this.#startFailures.delete(functionKey);
    for (const entry of [...this.#entries.values()]) {
      if (entry.state !== 'waiting' || entry.invocation.functionKey !== functionKey) continue;
      this.#giveUp(entry, {
        status: 'failed',
        code: error.code,
        message: `${failures} starts failed: ${error.message}`,
      });
    }
  }

  containerGone(containerId: string, reason: string): void {
    if (this.#closed) return;
    const container = this.#container(containerId);
    this.#containers.delete(containerId);
    const alone = container.inFlight.size === 1;
    this.#events.push({ type: 'containerGone', containerId, functionKey: container.functionKey });
    for (const entry of container.inFlight) {
      if (alone) entry.lostAlone += 1;
      this.#afterLoss(entry, reason);
    }
    this.#handle();
  }

  started(invocationIds: readonly string[]): void {
    for (const id of invocationIds) {
      const entry = this.#entries.get(id);
      if (entry?.state === 'dispatched') entry.state = 'started';
    }
  }

  ended(invocationId: string, outcome: ContainerOutcome): void {
    const entry = this.#entries.get(invocationId);
    if (entry?.batch === undefined) return;
    const { containerId } = entry.batch;
    this.#containers.get(containerId)?.inFlight.delete(entry);
    const { executionStartedAt: from, executionEndedAt: to, cpuMs } = outcome;
    this.#events.push({
      type: 'outcome',
      invocation: entry.pending,
      containerId,
      status: outcome.status,
      ...(from === undefined || to === undefined ? {} : { serviceMs: to - from }),
      ...(cpuMs === undefined ? {} : { cpuMs }),
    });
    if (outcome.code === 'thread_lost') {
      entry.state = 'started';
      this.#afterLoss(entry, outcome.message ?? 'its thread was lost');
    } else {
      this.#finish(entry, outcome);
    }
    this.#handle();
  }

  #container(containerId: string): KnownContainer {
    const container = this.#containers.get(containerId);
    if (container === undefined)
      throw new FaasError('internal', `the fleet speaks of container ${containerId}, which is not known`);
    return container;
  }

  /** Events are handled one after another, also those that come up while one is being handled. */
  #handle(event?: SchedulingEvent): void {
    if (event !== undefined) this.#events.push(event);
    if (this.#handling || this.#closed) return;
    this.#handling = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const view = { now: this.#options.clock.now(), capacity: this.fleet.capacity };
        for (const command of this.#options.strategy.handle(next, view)) this.#carryOut(command);
      }
    } finally {
      this.#handling = false;
    }
  }

  #carryOut(command: Command): void {
    switch (command.type) {
      case 'wake':
        this.#wakes.add(command.at);
        break;
      case 'start':
        this.#start(command.containerId, command.functionKey);
        break;
      case 'dispatch':
        this.#dispatch(command.containerId, command.invocations, command.batchedAt);
        break;
      case 'retire':
        this.fleet.retire(command.containerId);
        break;
      case 'reject':
        this.#reject(command.invocation, command.reason);
        break;
    }
  }

  #start(containerId: string, functionKey: string): void {
    if (!this.fleet.capacity.canStart([functionKey])) {
      this.#events.push({ type: 'startFailed', containerId, functionKey });
      return;
    }
    this.#containers.set(containerId, { functionKey, times: undefined, inFlight: new Set() });
    this.fleet.start(containerId, functionKey);
  }

  #dispatch(containerId: string, pending: readonly PendingInvocation[], batchedAt: number | undefined): void {
    const container = this.#container(containerId);
    const now = this.#options.clock.now();
    const entries = pending.map(({ id }) => this.#waitingEntry(id));
    const [first] = entries;
    if (container.times === undefined || first === undefined) {
      throw new FaasError(
        'internal',
        `strategy ${this.#options.strategy.name} dispatched to ${containerId}, which is not ready`,
      );
    }
    this.#batches += 1;
    const batch: RunningBatch = {
      id: `${this.#options.idPrefix}b${this.#batches}`,
      functionKey: container.functionKey,
      invocations: entries.map(({ invocation }) => invocation),
      containerId,
      times: container.times,
      batchedAt: batchedAt ?? now,
      dispatchedAt: now,
      open: entries.length,
      withheld: [],
    };
    for (const entry of entries) {
      entry.state = 'dispatched';
      entry.batch = batch;
      container.inFlight.add(entry);
      this.#admission.leave(entry.pending);
    }
    this.#options.onBatch?.(entries.length);
    try {
      this.fleet.dispatch(containerId, batch);
    } catch (thrown) {
      const message = `the batch could not be sent: ${asError(thrown).message}`;
      for (const { invocation } of entries) this.ended(invocation.id, { status: 'failed', code: 'internal', message });
    }
  }

  #waitingEntry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry?.state !== 'waiting') {
      throw new FaasError('internal', `strategy ${this.#options.strategy.name} dispatched ${id}, which does not wait`);
    }
    return entry;
  }

  #reject({ id }: PendingInvocation, reason: string): void {
    this.#admission.leave(this.#waitingEntry(id).pending);
    this.#finish(this.#waitingEntry(id), { status: 'failed', code: 'refused_by_strategy', message: reason });
  }

  /** Ends what waits, and tells the strategy that it is gone. */
  #giveUp(entry: Entry, outcome: ContainerOutcome): void {
    this.#admission.leave(entry.pending);
    this.#finish(entry, outcome);
    this.#handle({ type: 'cancelled', invocation: entry.pending });
  }

  #afterLoss(entry: Entry, reason: string): void {
    const end = afterLoss({
      started: entry.state === 'started',
      idempotent: this.#options.isIdempotent(entry.invocation.functionKey),
      attempt: entry.pending.attempt,
      maxAttempts: this.#options.maxAttempts,
      lostAlone: entry.lostAlone,
      reason,
    });
    if (end !== undefined || entry.cancelled) {
      this.#finish(entry, end ?? CANCELLED);
      return;
    }
    requeue(entry, this.#options.clock.now());
    this.#armDeadline(entry.invocation.acceptedAt + this.#options.queueTimeoutMs);
    this.#admission.enter(entry.pending);
    this.#events.push({ type: 'arrival', invocation: entry.pending });
  }

  #finish(entry: Entry, outcome: ContainerOutcome): void {
    this.#entries.delete(entry.invocation.id);
    const { batch } = entry;
    const deliver = () => entry.onOutcome(toOutcome(entry, outcome, this.#options.clock.now()));
    if (batch === undefined || this.#options.release === 'each') deliver();
    else batch.withheld.push(deliver);
    if (batch !== undefined) leaveBatch(batch);
    if (this.#entries.size > 0) return;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  #armDeadline(at: number): void {
    if (this.#deadline !== undefined && this.#deadline.at <= at) return;
    this.#deadline?.callOff();
    this.#deadline = { at, callOff: this.#options.clock.callAt(at, () => this.#expire()) };
  }

  /** Ends what has waited too long; those accepted first come first. */
  #expire(): void {
    this.#deadline = undefined;
    const { clock, queueTimeoutMs } = this.#options;
    const message = `waited longer than queueTimeoutMs = ${queueTimeoutMs}`;
    for (const entry of [...this.#entries.values()]) {
      if (entry.state !== 'waiting') continue;
      const deadline = entry.invocation.acceptedAt + queueTimeoutMs;
      if (deadline > clock.now()) {
        this.#armDeadline(deadline);
        return;
      }
      this.#giveUp(entry, { status: 'timeout', code: 'queue_timeout', message });
    }
  }
}
