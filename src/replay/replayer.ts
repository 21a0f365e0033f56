import { monotonicMs } from '../lib/clock.ts';
import { deferred } from '../lib/deferred.ts';
import { asError, FaasError } from '../protocol/errors.ts';
import type { ClientRecord, ClientStatus } from '../protocol/record.ts';
import { BodyWindow } from './bodyWindow.ts';
import { type Calls, peakPerSecond } from './calls.ts';
import type { ClientLog } from './clientLog.ts';
import { type Answer, Exchange, type ExchangeListener } from './exchange.ts';
import type { ReplayEnd, ReplayProgress, ReplayResult, ReplayStarted } from './messages.ts';
import { Pacer } from './pacer.ts';
import type { ReplayPlan } from './plan.ts';
import type { Sender } from './sender.ts';
import { Tally } from './tally.ts';

/** From "connections are open" to the schedule's zero: time for the parent to hear of it. */
const LEAD_MS = 50;
const MAX_WARM_CONNECTIONS = 1_024;
const SWEEP_INTERVAL_MS = 50;
/** So many refused connections in a row, with no answer between them, mean that nobody listens any more. */
const REFUSED_IN_A_ROW = 5;
/** Answers that a target had sent before it died are still in the sockets: time to read them. */
const TARGET_GONE_GRACE_MS = 500;

/** Why a replay stops before its schedule does. */
export interface StopCause {
  readonly end: Exclude<ReplayEnd, 'completed'>;
  /** Stands in the records of calls that were not sent (`dropped`) or given up (`lost`). */
  readonly code: string;
  readonly message: string;
}

export interface ReplayerParts {
  readonly plan: Pick<ReplayPlan, 'runId' | 'requestDeadlineMs' | 'maxInFlight' | 'drainTimeoutMs'>;
  readonly calls: Calls;
  readonly sender: Sender;
  readonly log: Pick<ClientLog, 'append' | 'close'>;
  readonly onStarted: (message: ReplayStarted) => void;
}

/**
 * Replays a schedule open-loop: each call leaves at its own instant, whatever became of those before it.
 *
 * preparing (connections, first bodies, the pacer's thread) → running (calls leave as they fall due) → draining
 * (all sent, or stopped: what is in flight may still end) → ended (every call has its one record, all is closed).
 * A stop cause leads from preparing and running to draining; a later, harder one only shortens the draining.
 */
export class Replayer {
  readonly #parts: ReplayerParts;
  readonly #tally: Tally;
  readonly #bodies: BodyWindow;
  /** In the order in which they were offered, so the first is the next to reach its deadline. */
  readonly #inFlight = new Set<Exchange>();
  readonly #drained = deferred<void>();
  readonly #listener: ExchangeListener;
  #pacer: Pacer | undefined;
  #epoch: number | undefined;
  /** Calls before this index were sent or have a record. */
  #next = 0;
  #recorded = 0;
  #refusedInARow = 0;
  #cause: StopCause | undefined;
  /** When what is in flight is given up, once a cause is set. */
  #drainBy = Number.POSITIVE_INFINITY;
  #cpuAtEpoch = process.cpuUsage();

  constructor(parts: ReplayerParts) {
    this.#parts = parts;
    this.#tally = new Tally(parts.calls.length);
    this.#bodies = new BodyWindow(parts.calls);
    this.#listener = {
      onSent: (exchange) => this.#tally.noteSent(exchange.sentAt - this.#scheduledAt(exchange.index)),
      onEnd: (exchange, answer) => this.#end(exchange, answer),
    };
  }

  /** Runs the whole schedule. Never rejects: what goes wrong stands in the result. To be called once. */
  async run(): Promise<ReplayResult> {
    const sweep = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS);
    try {
      await this.#prepare();
      if (this.#cause === undefined) this.#begin();
      this.#checkDrained();
      await this.#drained.promise;
    } catch (thrown) {
      this.fail(thrown);
      await this.#drained.promise;
    }
    clearInterval(sweep);
    return this.#close();
  }

  get progress(): ReplayProgress {
    const { counts } = this.#tally;
    return { type: 'progress', counts, inFlight: this.#inFlight.size, lagMs: this.#tally.takeRecentLagMs() };
  }

  /** Sends no more; what is in flight may end for the plan's drainTimeoutMs. */
  stop(): void {
    this.#stop({ end: 'interrupted', code: 'interrupted', message: 'interrupted' }, this.#parts.plan.drainTimeoutMs);
  }

  /** Sends no more and gives up what is in flight. */
  abort(): void {
    this.#stop({ end: 'interrupted', code: 'interrupted', message: 'interrupted' }, 0);
  }

  /** The target is known to be dead: sends no more, and gives up what is in flight in a moment. */
  targetGone(): void {
    this.#stop(unreachable('the target is gone'), TARGET_GONE_GRACE_MS);
  }

  /** A fault on this side ends the replay. */
  fail(thrown: unknown): void {
    const { message } = asError(thrown);
    const isUnreachable = thrown instanceof FaasError && thrown.code === 'target_unreachable';
    const cause: StopCause = { end: 'failed', code: 'replayer_failed', message };
    this.#stop(isUnreachable ? unreachable(message) : cause, this.#parts.plan.drainTimeoutMs);
  }

  async #prepare(): Promise<void> {
    const { calls, plan, sender } = this.#parts;
    if (calls.length === 0) return;
    while (this.#bodies.fill());
    await sender.warmUp(Math.min(peakPerSecond(calls), plan.maxInFlight, MAX_WARM_CONNECTIONS));
    const pacer = await Pacer.open(
      calls.map(({ atMs }) => atMs),
      { onDue: (count) => this.#fire(count), onError: (error) => this.fail(error) },
    );
    this.#pacer = pacer;
  }

  #begin(): void {
    const { calls, onStarted } = this.#parts;
    this.#epoch = monotonicMs() + LEAD_MS;
    this.#cpuAtEpoch = process.cpuUsage();
    onStarted({
      type: 'started',
      epoch: this.#epoch,
      epochWallTime: new Date(Date.now() + LEAD_MS).toISOString(),
      scheduled: calls.length,
      lastAtMs: calls.at(-1)?.atMs ?? 0,
    });
    this.#pacer?.begin(this.#epoch);
  }

  #fire(due: number): void {
    while (this.#next < due && this.#cause === undefined) {
      const index = this.#next;
      this.#next += 1;
      if (this.#inFlight.size < this.#parts.plan.maxInFlight) this.#send(index);
      else this.#record(index, 'dropped', { code: 'max_in_flight' });
    }
    setImmediate(() => this.#fillBodies());
    this.#checkDrained();
  }

  #send(index: number): void {
    const { calls, sender } = this.#parts;
    const call = calls[index];
    if (call === undefined) return;
    const exchange = new Exchange(index, this.#listener);
    // In the set before it leaves: it may end at once.
    this.#inFlight.add(exchange);
    sender.send(exchange, call, this.#bodies.take(index));
  }

  #fillBodies(): void {
    if (this.#cause === undefined && this.#bodies.fill()) setImmediate(() => this.#fillBodies());
  }

  #end(exchange: Exchange, answer: Answer): void {
    this.#inFlight.delete(exchange);
    const { httpStatus, receivedAt, code, status } = answer;
    this.#record(exchange.index, status, {
      sentAt: exchange.sentAt,
      ...(receivedAt === undefined ? {} : { receivedAt }),
      ...(httpStatus === undefined ? {} : { httpStatus }),
      ...(code === undefined ? {} : { code }),
    });
    this.#refusedInARow = code === 'ECONNREFUSED' ? this.#refusedInARow + 1 : 0;
    if (this.#refusedInARow >= REFUSED_IN_A_ROW) {
      // It may be draining: calls on the connections that there are can still be answered.
      this.#stop(unreachable('the target refuses connections'), this.#parts.plan.drainTimeoutMs);
    }
    if (answer.refusal) this.#refuse(exchange, answer);
    this.#checkDrained();
  }

  #refuse(exchange: Exchange, { httpStatus, code = '', message }: Answer): void {
    const name = this.#parts.calls[exchange.index]?.function ?? '';
    const said = `the target answers a call of ${name} with ${httpStatus} ${code}${message ? `: ${message}` : ''}`;
    this.#stop({ end: 'refused', code, message: said }, this.#parts.plan.drainTimeoutMs);
  }

  #stop(cause: StopCause, graceMs: number): void {
    this.#drainBy = Math.min(this.#drainBy, monotonicMs() + graceMs);
    if (this.#cause === undefined) {
      this.#cause = cause;
      this.#epoch ??= monotonicMs();
      for (; this.#next < this.#parts.calls.length; this.#next += 1) {
        this.#record(this.#next, 'dropped', { code: cause.code });
      }
      // Ends a warm-up under way; calls in flight still need their connections.
      if (this.#inFlight.size === 0) this.#parts.sender.close();
    }
    if (graceMs === 0) this.#giveUpAll(this.#cause.code);
    this.#checkDrained();
  }

  #sweep(): void {
    const now = monotonicMs();
    if (now >= this.#drainBy && this.#cause !== undefined) this.#giveUpAll(this.#cause.code);
    for (const exchange of this.#inFlight) {
      if (now < exchange.offeredAt + this.#parts.plan.requestDeadlineMs) break;
      exchange.giveUp('no_answer');
    }
  }

  #giveUpAll(code: string): void {
    for (const exchange of this.#inFlight) exchange.giveUp(code);
  }

  #record(index: number, status: ClientStatus, rest: Partial<ClientRecord>): void {
    const { calls, log, plan } = this.#parts;
    const call = calls[index];
    if (call === undefined) return;
    this.#recorded += 1;
    this.#tally.noteEnd(status);
    log.append({
      invocationId: `${plan.runId}:${call.sequence}`,
      sequence: call.sequence,
      function: call.function,
      scheduledAt: this.#scheduledAt(index),
      status,
      ...rest,
    });
  }

  #scheduledAt(index: number): number {
    return (this.#epoch ?? 0) + (this.#parts.calls[index]?.atMs ?? 0);
  }

  #checkDrained(): void {
    if (this.#recorded === this.#parts.calls.length) this.#drained.resolve();
  }

  async #close(): Promise<ReplayResult> {
    const endedAt = monotonicMs();
    const { user, system } = process.cpuUsage(this.#cpuAtEpoch);
    await this.#pacer?.close();
    this.#parts.sender.close();
    const cause = (await this.#closeLog()) ?? this.#cause;
    const stoppedByFault = cause !== undefined && cause.end !== 'interrupted';
    return {
      type: 'result',
      end: cause?.end ?? 'completed',
      error: stoppedByFault ? { code: cause.code, message: cause.message } : null,
      epoch: this.#epoch ?? endedAt,
      endedAt,
      counts: this.#tally.counts,
      lagMs: this.#tally.lagMs,
      cpuSeconds: (user + system) / 1e6,
    };
  }

  async #closeLog(): Promise<StopCause | undefined> {
    try {
      await this.#parts.log.close();
      return undefined;
    } catch (thrown) {
      return { end: 'failed', code: 'replayer_failed', message: `records not written: ${asError(thrown).message}` };
    }
  }
}

function unreachable(message: string): StopCause {
  return { end: 'target-gone', code: 'target_unreachable', message };
}
