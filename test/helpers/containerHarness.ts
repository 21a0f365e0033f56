import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { monotonicMs } from '../../src/lib/clock.ts';
import { deferred } from '../../src/lib/deferred.ts';
import { Channel, type Message } from '../../src/protocol/channel.ts';
import type {
  FailedHeader,
  HelloHeader,
  InitHeader,
  OutcomeHeader,
  ReadyHeader,
  StartedHeader,
  StatsHeader,
} from '../../src/protocol/messages.ts';

const ROOT = join(import.meta.dirname, '..', '..');
export const AGENT = join(ROOT, 'dist', 'runtime', 'agent.js');
export const SHIPPED_FUNCTIONS = join(ROOT, 'runtime-image', 'functions');

let bundled = false;

/** Bundles the runtime if it is older than its sources. */
export function bundleRuntime(): void {
  if (bundled) return;
  execFileSync(process.execPath, [join(ROOT, 'runtime-image', 'bundle.mjs'), '--if-stale'], { stdio: 'inherit' });
  bundled = true;
}

/** An outcome as the worker gets it, with when and in which order it came. */
export interface ReceivedOutcome extends OutcomeHeader {
  readonly body: Buffer;
  readonly receivedAt: number;
  readonly end: boolean;
  /** Of a JSON result. */
  readonly value: unknown;
}

export interface CallSpec {
  readonly id?: string;
  readonly event?: unknown;
  readonly contentType?: string;
  readonly body?: Uint8Array;
}

/** One dispatched batch, seen from the worker. */
export class DispatchedBatch {
  readonly stream: number;
  readonly count: number;
  /** In the order in which they came. */
  readonly outcomes: ReceivedOutcome[] = [];
  readonly startedIndices: number[] = [];
  readonly #watchers = new Set<{ isTrue: () => boolean; resolve: () => void }>();
  #lost: string | undefined;

  constructor(stream: number, count: number) {
    this.stream = stream;
    this.count = count;
  }

  /** All outcomes, by index. @throws if the container went away first */
  async done(): Promise<ReceivedOutcome[]> {
    await this.until(() => this.outcomes.length === this.count);
    return this.outcomes.toSorted((a, b) => a.index - b.index);
  }

  /** The only outcome of a batch of one. */
  async only(): Promise<ReceivedOutcome> {
    const [outcome] = await this.done();
    if (outcome === undefined) throw new Error('a batch of none');
    return outcome;
  }

  async until(isTrue: () => boolean): Promise<void> {
    if (isTrue()) return;
    if (this.#lost !== undefined) throw new Error(this.#lost);
    await new Promise<void>((resolve) => this.#watchers.add({ isTrue, resolve }));
    if (!isTrue()) throw new Error(this.#lost ?? 'the container went away');
  }

  receive(message: Message): void {
    if (message.type === 'started') {
      this.startedIndices.push(...(message.header as unknown as StartedHeader).indices);
    } else {
      const header = message.header as unknown as OutcomeHeader;
      this.outcomes.push({
        ...header,
        body: Buffer.from(message.payload),
        value:
          header.contentType === 'application/json' ? JSON.parse(Buffer.from(message.payload).toString()) : undefined,
        receivedAt: monotonicMs(),
        end: message.end,
      });
    }
    this.#check();
  }

  lose(reason: string): void {
    this.#lost ??= reason;
    this.#check();
  }

  #check(): void {
    for (const watcher of this.#watchers) {
      if (this.#lost === undefined && !watcher.isTrue()) continue;
      this.#watchers.delete(watcher);
      watcher.resolve();
    }
  }
}

/** The container runtime as its worker sees it: the real process, over a real socket. */
export class ContainerHarness {
  readonly hello: Promise<HelloHeader>;
  /** How the process ended. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly spawnedAt: number;
  readonly process: ChildProcess;
  stderr = '';
  readonly #hello = deferred<HelloHeader>();
  readonly #connected = deferred<Channel>();
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #batches = new Map<number, DispatchedBatch>();
  readonly #server: Server;
  readonly #directory: string;
  #socket: Socket | undefined;
  #channel: Channel | undefined;

  private constructor(server: Server, directory: string, socketPath: string, env: Record<string, string>) {
    this.#server = server;
    this.#directory = directory;
    this.hello = this.#hello.promise;
    this.#hello.promise.catch(() => undefined);
    server.once('connection', (socket) => this.#serve(socket));
    this.spawnedAt = monotonicMs();
    this.process = spawn(process.execPath, [AGENT], {
      env: { PATH: process.env['PATH'], FAASBATCH_SOCKET: socketPath, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.process.stdout?.resume();
    this.exited = once(this.process, 'close').then(([code, signal]) => ({ code, signal }));
    void this.exited.then(({ code, signal }) => {
      this.#hello.reject(new Error(`the agent ended (${code ?? signal}): ${this.stderr}`));
    });
  }

  static async start(env: Record<string, string> = {}): Promise<ContainerHarness> {
    bundleRuntime();
    const directory = await mkdtemp(join(tmpdir(), 'faasbatch-container-'));
    const socketPath = join(directory, 's');
    const server = createServer();
    server.listen(socketPath);
    await once(server, 'listening');
    return new ContainerHarness(server, directory, socketPath, env);
  }

  async send(type: 'init' | 'stats', header: Record<string, unknown>): Promise<Message> {
    const channel = await this.#connected.promise;
    const stream = channel.openStream();
    const answer = new Promise<Message>((resolve) => this.#answers.set(stream, resolve));
    channel.send(stream, type, header);
    return answer;
  }

  /** @throws Error with code and message if the container answers `failed` */
  async init(init: Partial<InitHeader> & { codePath: string }): Promise<ReadyHeader> {
    const answer = await this.send('init', { ...DEFAULT_INIT, ...init });
    if (answer.type === 'ready') return answer.header as unknown as ReadyHeader;
    const { code, message } = answer.header as unknown as FailedHeader;
    throw new Error(`${code}: ${message}`);
  }

  async stats(): Promise<StatsHeader> {
    return (await this.send('stats', {})).header as unknown as StatsHeader;
  }

  stop(): void {
    const channel = this.#channel;
    channel?.send(channel.openStream(), 'stop', {});
  }

  invoke(calls: readonly CallSpec[]): DispatchedBatch {
    const channel = this.#channel;
    if (channel === undefined) throw new Error('the container is not connected');
    const batch = new DispatchedBatch(channel.openStream(), calls.length);
    this.#batches.set(batch.stream, batch);
    const bodies = calls.map(bodyOf);
    const invocations = calls.map(({ id, contentType }, index) => ({
      id: id ?? `${batch.stream}:${index}`,
      contentType: contentType ?? 'application/json',
      size: bodies[index]?.byteLength ?? 0,
    }));
    channel.send(batch.stream, 'invoke', { batchId: String(batch.stream), invocations }, Buffer.concat(bodies));
    return batch;
  }

  /** A batch of one. */
  call(event: unknown): DispatchedBatch {
    return this.invoke([{ event }]);
  }

  cancel(batch: DispatchedBatch, indices: readonly number[]): void {
    this.#channel?.send(batch.stream, 'cancel', { indices });
  }

  /** Cuts the connection, as a worker does that is killed. */
  disconnect(): void {
    this.#socket?.destroy();
  }

  /** Leaves nothing behind, whatever state it is in. */
  async close(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
    this.#server.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.#socket = socket;
    this.#channel = new Channel(socket, {
      side: 'worker',
      maxMessageBytes: 64 * 1024 * 1024,
      onMessage: (message) => this.#receive(message),
      onClose: (error) => {
        for (const batch of this.#batches.values()) batch.lose(`connection closed: ${error?.message ?? 'in order'}`);
      },
    });
    this.#connected.resolve(this.#channel);
  }

  #receive(message: Message): void {
    if (message.type === 'hello') this.#hello.resolve(message.header as unknown as HelloHeader);
    else if (message.type === 'started' || message.type === 'outcome') {
      this.#batches.get(message.stream)?.receive(message);
    } else this.#answers.get(message.stream)?.(message);
  }
}

export const DEFAULT_INIT: InitHeader = {
  functionKey: 'default/under-test@0123456789ab',
  codePath: '',
  handler: 'handler.mjs',
  kind: 'io',
  parallelism: 'parallel',
  concurrency: 64,
  threads: 2,
  timeoutMs: 20_000,
  memoryMb: 256,
  multiplexing: true,
  maxResultBytes: 6 * 1024 * 1024,
  maxLogBytes: 16 * 1024,
  env: {},
};

function bodyOf({ event, body }: CallSpec): Uint8Array {
  return body ?? (event === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(event)));
}

/** A container for one test, gone after it. */
export async function startContainer(env: Record<string, string> = {}): Promise<ContainerHarness> {
  const container = await ContainerHarness.start(env);
  onTestFinished(() => container.close());
  return container;
}

/** A folder with a function's files, gone after the test. */
export async function writeFunction(files: Readonly<Record<string, string>>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'faasbatch-function-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

/** A container that has become a function with this handler.mjs. */
export async function startHandler(source: string, init: Partial<InitHeader> = {}): Promise<ContainerHarness> {
  const container = await startContainer();
  await container.init({ codePath: await writeFunction({ 'handler.mjs': source }), ...init });
  return container;
}

/** A container that has become one of the functions that ship. */
export async function startShipped(name: string, init: Partial<InitHeader> = {}): Promise<ContainerHarness> {
  const container = await startContainer();
  await container.init({ codePath: join(SHIPPED_FUNCTIONS, name), ...init });
  return container;
}
