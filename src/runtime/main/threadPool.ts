import { join } from 'node:path';
import { MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { Piscina, queueOptionsSymbol } from 'piscina';
import { monotonicMs } from '../../lib/clock.ts';
import type { InitHeader } from '../../protocol/messages.ts';
import type { AttachMessage, Ping, TaskEnd, ThreadReport, ThreadSetup, ThreadTask } from '../crossing/messages.ts';
import { freePlace } from '../crossing/place.ts';

/** Far more batches than one container is ever given at once: tasks wait in their thread, which knows their order. */
const TASKS_PER_THREAD = 1_000_000;

export interface ThreadPoolEvents {
  report(thread: Thread, report: ThreadReport): void;
  /** After everything that the thread had said. `cause` is missing if it was terminated, or exited by itself. */
  lost(thread: Thread, cause: Error | undefined): void;
  /** A thread ended before it could say anything. */
  stillborn(cause: Error | undefined): void;
}

/** A thread that has said hello. */
export interface Thread {
  readonly id: number;
  readonly worker: Worker;
  readonly port: MessagePort;
  /** It has imported the handler. */
  loaded: boolean;
  /** When the ping was sent that it has not yet answered, monotonic milliseconds. */
  pingSentAt: number | undefined;
  /** A call on it ran past its deadline, and its event loop has not turned since. */
  overdue: boolean;
  terminatedAt: number | undefined;
}

/** A task, as it comes before the load balancer. */
interface Ticket {
  readonly isOpen: () => boolean;
  threadId: number | undefined;
}

/** The symbol is how Piscina hands a task's own data to the balancer; it does not cross to the thread. */
type TicketedTask = ThreadTask & { readonly [queueOptionsSymbol]: Ticket };

type PiscinaWorker = Parameters<NonNullable<Piscina['options']['loadBalancer']>>[1][number];

/**
 * The threads of a container, on Piscina: as many as `limits`, each started when there is something to do that no
 * idle thread could do. What Piscina is told about:
 *
 * - `atomics: 'disabled'`: its default stops a thread's event loop between tasks, and the shared clients with it.
 * - No task has a `signal`: Piscina would give it a thread of its own. Threads are terminated by their handles.
 * - A task is a batch, or a part of one, and tells little by its end: outcomes come over each thread's own port.
 * - `minThreads: 0`: a lost thread is replaced when there is work for it, so that a handler which cannot be imported
 *   does not keep the machine busy.
 */
export class ThreadPool {
  readonly #pool: Piscina<TicketedTask, TaskEnd>;
  readonly #events: ThreadPoolEvents;
  readonly #places: SharedArrayBuffer;
  readonly #threads = new Map<number, Thread>();
  readonly #watched = new WeakSet<Worker>();
  readonly #tickets = new Set<Ticket>();

  constructor(init: InitHeader, limits: readonly number[], events: ThreadPoolEvents) {
    this.#events = events;
    this.#places = new SharedArrayBuffer(limits.length * Int32Array.BYTES_PER_ELEMENT);
    const setup: ThreadSetup = { init, limits, places: this.#places };
    this.#pool = new Piscina({
      filename: join(import.meta.dirname, 'thread.js'),
      minThreads: 0,
      maxThreads: limits.length,
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: TASKS_PER_THREAD,
      atomics: 'disabled',
      recordTiming: false,
      stricterFIFO: true,
      workerData: setup,
      env: threadEnvironment(init.env),
      resourceLimits: { maxOldGenerationSizeMb: init.memoryMb },
      loadBalancer: (task, workers) => this.#place(task[queueOptionsSymbol] as Ticket, workers),
    });
    this.#pool.on('message', (message: unknown) => {
      if (isAttach(message)) this.#attach(message);
    });
    this.#pool.on('workerCreate', () => this.#watch());
    // Deaths without a task; told by #watch as well.
    this.#pool.on('error', () => undefined);
  }

  /** Threads that run or start. */
  get size(): number {
    return this.#pool.threads.length;
  }

  /** Those that have said hello. */
  get threads(): Iterable<Thread> {
    return this.#threads.values();
  }

  thread(id: number): Thread | undefined {
    return this.#threads.get(id);
  }

  /**
   * @param isOpen whether there is still something to do in it
   * @throws whatever ended the thread, if it is lost; `events.lost` tells more
   */
  async run(task: ThreadTask, isOpen: () => boolean): Promise<TaskEnd> {
    const ticket: Ticket = { isOpen, threadId: undefined };
    this.#tickets.add(ticket);
    try {
      const end = this.#pool.run({ ...task, [queueOptionsSymbol]: ticket });
      this.#watch();
      return await end;
    } finally {
      this.#tickets.delete(ticket);
    }
  }

  ping(thread: Thread): void {
    thread.port.postMessage({ ping: true } satisfies Ping);
  }

  /** Reads what the thread has said and nobody has heard yet. */
  drain(thread: Thread): void {
    for (;;) {
      const received = receiveMessageOnPort(thread.port);
      if (received === undefined) return;
      this.#events.report(thread, received.message as ThreadReport);
    }
  }

  /** `events.lost` follows. */
  terminate(thread: Thread): void {
    thread.terminatedAt ??= monotonicMs();
    void thread.worker.terminate();
  }

  /** Ends all threads, whatever they do. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /**
   * A thread with nothing to do; else, where there may be more threads, null, which makes Piscina start one; else the
   * thread with the least to do. Piscina's own count of a thread's tasks would not do: a batch's last outcome gets
   * here, and the next batch with it, before Piscina hears that the task has ended.
   */
  #place(ticket: Ticket, workers: readonly PiscinaWorker[]): PiscinaWorker | null {
    const loads = new Map(workers.map(({ id }) => [id, 0]));
    for (const { threadId, isOpen } of this.#tickets) {
      if (threadId !== undefined && isOpen()) loads.set(threadId, (loads.get(threadId) ?? 0) + 1);
    }
    const loadOf = ({ id }: PiscinaWorker): number => loads.get(id) ?? 0;
    const [least] = workers.toSorted((a, b) => loadOf(a) - loadOf(b));
    if (least === undefined || (loadOf(least) > 0 && this.size < this.#pool.maxThreads)) return null;
    ticket.threadId = least.id;
    return least;
  }

  #attach(message: AttachMessage): void {
    const worker = this.#pool.threads.find(({ threadId }) => threadId === message.threadId);
    if (worker === undefined || this.#threads.has(message.threadId)) return;
    const thread: Thread = {
      id: message.threadId,
      worker,
      port: message.port,
      loaded: false,
      pingSentAt: undefined,
      overdue: false,
      terminatedAt: undefined,
    };
    this.#threads.set(thread.id, thread);
    thread.port.on('message', (report: ThreadReport) => this.#events.report(thread, report));
  }

  /** Piscina tells of a thread's end only those who wait for its tasks. */
  #watch(): void {
    for (const worker of this.#pool.threads) {
      if (this.#watched.has(worker)) continue;
      this.#watched.add(worker);
      let cause: Error | undefined;
      worker.once('error', (error) => {
        cause = error;
      });
      worker.once('exit', () => this.#exited(worker, cause));
    }
  }

  #exited(worker: Worker, cause: Error | undefined): void {
    const thread = Array.from(this.#threads.values()).find((candidate) => candidate.worker === worker);
    if (thread === undefined) {
      this.#events.stillborn(cause);
      return;
    }
    this.drain(thread);
    thread.port.close();
    this.#threads.delete(thread.id);
    freePlace(this.#places, thread.id);
    this.#events.lost(thread, cause);
  }
}

/** A function can post on this way, too, and anything at all. */
function isAttach(message: unknown): message is AttachMessage {
  const { type, port } = Object(message) as Partial<AttachMessage>;
  return type === 'attach' && port instanceof MessagePort;
}

/** The process's own environment without what was meant for the agent, and what the function's manifest adds. */
function threadEnvironment(added: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('FAASBATCH_'));
  return { ...Object.fromEntries(own), ...added };
}
