import { monotonicMs } from '../../lib/clock.ts';
import { deferred } from '../../lib/deferred.ts';
import { asError, FaasError } from '../../protocol/errors.ts';
import type { InitHeader, InvokeHeader, OutcomeHeader } from '../../protocol/messages.ts';
import type { Entry, TaskEnd, ThreadReport } from '../crossing/messages.ts';
import { Batch } from './batch.ts';
import { concurrencyPerThread } from './limits.ts';
import { type Loss, lossVerdict } from './loss.ts';
import { type Thread, ThreadPool } from './threadPool.ts';
import { Watchdog } from './watchdog.ts';

/** Threads that end one after another without having loaded the handler: then nothing more is tried. */
const MOST_FAILED_STARTS = 3;
const NO_BODY = new Uint8Array(0);

/** Where outcomes go. */
export interface ExecutorOutput {
  started(stream: number, indices: readonly number[]): void;
  /** @param last of its batch */
  outcome(stream: number, header: OutcomeHeader, body: Uint8Array, last: boolean): void;
  /** Threads can no longer be had: what has no outcome will get none here. */
  broken(reason: string): void;
}

export interface ExecutorStats {
  readonly threads: number;
  readonly invocationsInFlight: number;
  readonly resourcesLive: number;
  readonly resourcesCreated: number;
  readonly resourcesReused: number;
}

/**
 * Runs one function's batches on threads. Every invocation of a batch gets exactly one outcome, unless `broken` is
 * called: from its thread, from the watchdog, by being cancelled, or by the loss of its thread.
 *
 * This is all on the main thread, which never runs a line of the function's.
 */
export class Executor {
  readonly #init: InitHeader;
  readonly #limits: readonly number[];
  readonly #output: ExecutorOutput;
  readonly #pool: ThreadPool;
  readonly #watchdog: Watchdog;
  /** With open invocations, by stream. */
  readonly #batches = new Map<number, Batch>();
  readonly #resourcesLive = new Map<number, number>();
  /** Not yet given to threads. */
  #fresh: Batch[] = [];
  #resourcesCreated = 0;
  #resourcesReused = 0;
  #failedStarts = 0;
  #closed = false;
  readonly #firstThreadLost = deferred<never>();
  #idle: (() => void)[] = [];

  constructor(init: InitHeader, output: ExecutorOutput) {
    this.#init = init;
    this.#output = output;
    this.#limits = concurrencyPerThread(init);
    this.#firstThreadLost.promise.catch(() => undefined);
    const pool = new ThreadPool(init, this.#limits, {
      report: (thread, report) => this.#report(thread, report),
      lost: (thread, cause) => this.#lost(thread, cause),
      stillborn: (cause) => {
        this.#startFailed(cause?.message ?? 'a thread exited before it began');
        this.#resume();
      },
    });
    this.#pool = pool;
    this.#watchdog = new Watchdog({
      timeoutMs: init.timeoutMs,
      batches: this.#batches,
      threads: () => pool.threads,
      thread: (id) => pool.thread(id),
      drain: (thread) => pool.drain(thread),
      ping: (thread) => pool.ping(thread),
      terminate: (thread) => pool.terminate(thread),
      timedOut: (batch, entry) => this.#lose(batch, entry, { alone: false, cause: undefined }),
      broken: (reason) => output.broken(reason),
    });
  }

  /**
   * Starts the first thread and imports the handler in it.
   * @returns what importing took, milliseconds
   * @throws FaasError `init_failed`
   */
  async start(): Promise<number> {
    let end: TaskEnd;
    try {
      end = await Promise.race([this.#pool.run({ batches: [] }, () => true), this.#firstThreadLost.promise]);
    } catch (thrown) {
      throw new FaasError('init_failed', `${this.#init.handler} ended its thread: ${asError(thrown).message}`);
    }
    if (end.type === 'import_failed') throw new FaasError('init_failed', end.message);
    return end.importMs;
  }

  /** @throws FaasError `bad_request` */
  submit(stream: number, header: InvokeHeader, payload: Uint8Array): void {
    const batch = new Batch(stream, header, payload);
    if (batch.open === 0) throw new FaasError('bad_request', 'invoke: a batch has at least one invocation');
    this.#batches.set(stream, batch);
    this.#watchdog.start();
    this.#fresh.push(batch);
    // Batches that came in one read go to the threads together: a task costs more than a small batch.
    if (this.#fresh.length === 1) process.nextTick(() => this.#runFresh());
  }

  /** Ends what has not been claimed by a thread as `failed` (`cancelled`). */
  cancel(stream: number, indices: readonly number[]): void {
    const batch = this.#batches.get(stream);
    for (const index of indices) {
      if (batch?.entries[index] === undefined || !batch.shared.cancel(index)) continue;
      const message = 'the caller hung up before it started';
      this.#answer(batch, { index, status: 'failed', code: 'cancelled', message }, NO_BODY);
    }
  }

  /** Resolves when no invocation is without an outcome. */
  async idle(): Promise<void> {
    if (this.#batches.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  stats(): ExecutorStats {
    let invocationsInFlight = 0;
    for (const batch of this.#batches.values()) invocationsInFlight += batch.open - batch.waiting().length;
    let resourcesLive = 0;
    for (const live of this.#resourcesLive.values()) resourcesLive += live;
    return {
      threads: this.#pool.size,
      invocationsInFlight,
      resourcesLive,
      resourcesCreated: this.#resourcesCreated,
      resourcesReused: this.#resourcesReused,
    };
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watchdog.stop();
    await this.#pool.close();
  }

  #runFresh(): void {
    const batches = this.#fresh;
    this.#fresh = [];
    const open = batches.reduce((sum, batch) => sum + batch.open, 0);
    const parts = batches.map((batch) => ({ batch, entries: batch.entries }));
    for (let task = 0; task < Math.min(this.#limits.length, open); task += 1) this.#run(parts);
  }

  /** One task, for whichever thread has least to do. */
  #run(parts: readonly { readonly batch: Batch; readonly entries: readonly Entry[] }[]): void {
    const batches = parts.map(({ batch, entries }) => ({
      stream: batch.stream,
      shared: batch.shared.buffer,
      count: batch.entries.length,
      entries,
    }));
    const isOpen = (): boolean => parts.some(({ batch }) => batch.open > 0);
    this.#pool.run({ batches }, isOpen).then(
      (end) => {
        if (end.type === 'import_failed') this.#importFailed(end.threadId, end.message);
      },
      // Its thread is lost, and #lost has seen or will see to what it had.
      () => undefined,
    );
  }

  #report(thread: Thread, report: ThreadReport): void {
    if (report.pong === true) this.#watchdog.answered(thread);
    if (report.loaded === true) {
      thread.loaded = true;
      this.#failedStarts = 0;
    }
    this.#resourcesLive.set(thread.id, report.resourcesLive);
    for (const { stream, indices } of report.started ?? []) {
      const started = this.#batches.get(stream)?.start(indices) ?? [];
      if (started.length > 0) this.#output.started(stream, started);
    }
    let offset = 0;
    for (const { stream, header, size } of report.outcomes ?? []) {
      const body = report.bodies?.subarray(offset, offset + size) ?? NO_BODY;
      offset += size;
      this.#resourcesCreated += header.resourcesCreated ?? 0;
      this.#resourcesReused += header.resourcesReused ?? 0;
      const batch = this.#batches.get(stream);
      if (batch !== undefined) this.#answer(batch, header, body);
    }
  }

  /** The first answer counts; a handler may still come to its end after its invocation timed out. */
  #answer(batch: Batch, header: OutcomeHeader, body: Uint8Array): void {
    if (!batch.answer(header.index)) return;
    this.#output.outcome(batch.stream, header, body, batch.open === 0);
    if (batch.open > 0) return;
    this.#batches.delete(batch.stream);
    if (this.#batches.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Answers for what the thread had begun; what it had not goes to the other threads, or a fresh one. */
  #lost(thread: Thread, cause: Error | undefined): void {
    this.#resourcesLive.delete(thread.id);
    if (!thread.loaded) this.#startFailed(cause?.message ?? 'a thread exited while it loaded the handler');
    const begun = Array.from(this.#batches.values(), (batch) => ({ batch, entries: batch.recover(thread.id) }));
    const alone = thread.terminatedAt === undefined && begun.flatMap(({ entries }) => entries).length === 1;
    for (const { batch, entries } of begun) {
      for (const entry of entries) this.#lose(batch, entry, { alone, cause });
    }
    this.#resume();
  }

  /** For what nobody has claimed: another task, which at worst finds nothing to do. */
  #resume(): void {
    if (this.#closed) return;
    const parts = Array.from(this.#batches.values(), (batch) => ({ batch, entries: batch.waiting() }));
    const waiting = parts.filter(({ entries }) => entries.length > 0);
    if (waiting.length > 0) this.#run(waiting);
  }

  #lose(batch: Batch, { index }: Entry, loss: Loss): void {
    const executionStartedAt = batch.shared.startedAt(index);
    const executionEndedAt = monotonicMs();
    const verdict = lossVerdict(loss, executionEndedAt - executionStartedAt, this.#init);
    this.#answer(batch, { index, ...verdict, executionStartedAt, executionEndedAt }, NO_BODY);
  }

  #importFailed(threadId: number, message: string): void {
    // It would take every task that it is given and do nothing.
    const thread = this.#pool.thread(threadId);
    if (thread !== undefined && thread.terminatedAt === undefined) this.#pool.terminate(thread);
    this.#firstThreadLost.reject(new FaasError('init_failed', message));
  }

  #startFailed(reason: string): void {
    this.#firstThreadLost.reject(new Error(reason));
    this.#failedStarts += 1;
    if (this.#failedStarts >= MOST_FAILED_STARTS) this.#output.broken(`no thread can be started: ${reason}`);
  }
}
