import { once } from 'node:events';
import { cp, mkdir, rm, symlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { deferred } from '../lib/deferred.ts';
import { asError, FaasError } from '../protocol/errors.ts';
import type { ContainerOutcome } from '../protocol/invocation.ts';
import type { DeployedFunction } from '../protocol/manifest.ts';
import type { HelloHeader, InitHeader } from '../protocol/messages.ts';
import type { Batch } from '../scheduling/fleet.ts';
import type { ContainerSpec, ContainerUsage, Engine, EngineContainer } from './engine.ts';
import { readJournal } from './journal.ts';
import { ContainerLink } from './link.ts';

/** Linux's sockaddr_un; Node 20 cuts longer paths without a word. */
export const MAX_SOCKET_PATH_BYTES = 107;
const LAST_WORDS_MS = 100;

export interface ContainerOptions {
  readonly name: string;
  /** Its own folder will be made in this one. */
  readonly parentDirectory: string;
  readonly engine: Engine;
  readonly cpus: number;
  readonly startTimeoutMs: number;
  /** Packages that functions find without bringing them: linked in beside the function's folder. */
  readonly sharedModules: string | undefined;
}

/** Who hears of what happens in a container. */
export interface ContainerOwner {
  started(invocationIds: readonly string[]): void;
  ended(invocationId: string, outcome: ContainerOutcome): void;
  gone(reason: string): void;
}

/** What `init` says beside what the manifest says. */
export type InitSettings = Pick<
  InitHeader,
  'parallelism' | 'concurrency' | 'threads' | 'multiplexing' | 'maxResultBytes' | 'maxLogBytes'
>;

/**
 * One container of whatever engine, from its start to its end.
 *
 * booting → generic → ready → stopping → gone
 *    └─────────┴────────┴────────┴────────↑  at any time, by dying or kill()
 *
 * generic: connected, belongs to no function · ready: holds a function and takes batches · stopping: ends what it has.
 * `owner.gone` is called once, after everything that the container had still said; after that all methods do nothing.
 */
export class Container {
  /** Set when it becomes somebody's; a spare has none. */
  owner: ContainerOwner | undefined;
  readonly #options: ContainerOptions;
  readonly #spec: ContainerSpec;
  readonly #hello = deferred<HelloHeader>();
  readonly #ended = deferred<void>();
  readonly #server: Server;
  #link: ContainerLink | undefined;
  /** After the connection's end: it knows which invocations were open. */
  #lastLink: ContainerLink | undefined;
  #process: EngineContainer | undefined;
  /** Set once its process is gone. */
  #exitReason: string | undefined;
  /** Told to end, maybe before there was anything to end. */
  #unwanted = false;
  #isGone = false;
  #lastUsage: ContainerUsage = { cpuMs: 0, memoryBytes: 0 };

  constructor(options: ContainerOptions) {
    this.#options = options;
    const directory = join(options.parentDirectory, options.name);
    this.#spec = { name: options.name, directory, socketPath: join(directory, 's'), cpus: options.cpus, env: {} };
    this.#server = createServer((socket) => this.#connected(socket));
    // What an accept error means for this container, the start's time limit tells.
    this.#server.on('error', () => undefined);
    this.#hello.promise.catch(() => undefined);
  }

  /** Resolves when it is gone and its folder removed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The last that is known, also after its end. */
  sampleUsage(): ContainerUsage {
    this.#lastUsage = this.#process?.usage() ?? { ...this.#lastUsage, memoryBytes: 0 };
    return this.#lastUsage;
  }

  /** booting → generic. @throws FaasError `start_failed`, with nothing left behind */
  async boot(): Promise<void> {
    const { socketPath, directory } = this.#spec;
    try {
      if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
        throw new FaasError('start_failed', `socket path ${socketPath} is longer than ${MAX_SOCKET_PATH_BYTES} bytes`);
      }
      await mkdir(directory, { recursive: true, mode: 0o700 });
      this.#server.listen(socketPath);
      await once(this.#server, 'listening');
      this.#process = await this.#options.engine.start(this.#spec);
      if (this.#unwanted) this.kill();
      void this.#process.exited.then((reason) => this.#exited(reason));
      await this.#withinStartTimeout(this.#hello.promise, 'it did not say hello');
    } catch (thrown) {
      if (this.#process === undefined) this.#exited('it could not be started');
      else this.kill();
      throw startFailure(thrown);
    }
  }

  /**
   * Puts a function's code into the container's folder, which may be done while it boots.
   * @throws Error of the file system
   */
  async place(deployed: DeployedFunction): Promise<void> {
    const { directory } = this.#spec;
    const { sharedModules } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const linked = sharedModules === undefined ? undefined : symlink(sharedModules, join(directory, 'node_modules'));
    await Promise.all([linked, cp(deployed.codePath, this.#codePath, { recursive: true })]);
  }

  /**
   * generic → ready, once the code is there.
   * @throws FaasError `init_failed` or `start_failed`; the container is then of no more use
   */
  async become(deployed: DeployedFunction, settings: InitSettings): Promise<void> {
    try {
      if (this.#link === undefined) throw new FaasError('start_failed', this.#exitReason ?? 'its connection ended');
      await this.#withinStartTimeout(this.#link.init(this.#init(deployed, settings)), 'it did not load the function');
    } catch (thrown) {
      this.kill();
      throw startFailure(thrown);
    }
  }

  dispatch(batch: Batch): void {
    this.#link?.invoke(batch);
  }

  cancel(batchId: string, invocationId: string): void {
    this.#link?.cancel(batchId, invocationId);
  }

  /** Lets it finish what it has, then ends it; by force when that takes too long. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    // Its CPU time up to now: the engine cannot be asked any more once it has ended.
    this.sampleUsage();
    this.#unwanted = true;
    if (this.#link === undefined) this.kill();
    else this.#link.stop();
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.#unwanted = true;
    this.sampleUsage();
    this.#process?.kill();
  }

  #connected(socket: Socket): void {
    // One container, one connection: nobody else gets in.
    this.#server.close();
    if (this.#link !== undefined) {
      socket.destroy();
      return;
    }
    this.#link = new ContainerLink(socket, {
      started: (ids) => this.owner?.started(ids),
      ended: (id, outcome) => this.owner?.ended(id, outcome),
      closed: () => this.#disconnected(),
    });
    this.#link.hello.then(this.#hello.resolve, this.#hello.reject);
  }

  async #withinStartTimeout(step: Promise<unknown>, what: string): Promise<void> {
    const { startTimeoutMs } = this.#options;
    const late = deferred<never>();
    const timer = setTimeout(() => {
      late.reject(new FaasError('start_failed', `${what} within startTimeoutMs = ${startTimeoutMs}`));
    }, startTimeoutMs);
    try {
      await Promise.race([step, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #init({ key, manifest }: DeployedFunction, settings: InitSettings): InitHeader {
    const { engine } = this.#options;
    const { handler, kind, timeoutMs, memoryMb, env, batch, idempotent } = manifest;
    return {
      ...settings,
      functionKey: key,
      codePath: engine.pathInside(this.#spec, this.#codePath),
      handler,
      kind,
      timeoutMs,
      memoryMb,
      env,
      batch,
      ...(idempotent ? {} : { journal: engine.pathInside(this.#spec, this.#journalPath) }),
    };
  }

  get #codePath(): string {
    return join(this.#spec.directory, 'code');
  }

  get #journalPath(): string {
    return join(this.#spec.directory, 'begun');
  }

  /** Without its connection a container is of no use. */
  #disconnected(): void {
    this.#lastLink = this.#link;
    this.#link = undefined;
    if (this.#exitReason === undefined) this.kill();
    else this.#end(this.#exitReason);
  }

  #exited(reason: string): void {
    this.#exitReason ??= reason;
    this.#hello.reject(new FaasError('start_failed', reason));
    if (this.#link === undefined) this.#end(reason);
    // What it said last may still be under way: the connection's own end comes behind it.
    else setTimeout(() => this.#link?.destroy(), LAST_WORDS_MS).unref();
  }

  #end(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#server.close();
    const begun = this.#lastLink?.idsOf(readJournal(this.#journalPath)) ?? [];
    if (begun.length > 0) this.owner?.started(begun);
    this.owner?.gone(reason);
    rm(this.#spec.directory, { recursive: true, force: true, maxRetries: 3 }).then(
      this.#ended.resolve,
      this.#ended.resolve,
    );
  }
}

function startFailure(thrown: unknown): FaasError {
  return thrown instanceof FaasError
    ? thrown
    : new FaasError('start_failed', asError(thrown).message, {}, { cause: thrown });
}
