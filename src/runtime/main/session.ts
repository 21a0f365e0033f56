import type { Channel, Message } from '../../protocol/channel.ts';
import { asError, FaasError } from '../../protocol/errors.ts';
import type { CancelHeader, InitHeader, InvokeHeader, StatsHeader } from '../../protocol/messages.ts';
import { checkedInit } from './checkedInit.ts';
import { Executor } from './executor.ts';

export interface SessionEnd {
  /** `stopped`: the worker asked for it, and everything was answered. */
  readonly type: 'stopped' | 'broken';
  readonly reason: string;
}

/**
 * What the container is to its worker.
 *
 * generic → loading → ready → draining → over
 *              └→ failed ───────↑
 *
 * generic: belongs to no function yet · loading: imports the handler · ready: takes batches · failed: `init` was
 * answered by `failed`, and only `stop` is of use · draining: `stop` came, open batches are finished · over: `onEnd`
 * was called, and the process ends.
 */
export class Session {
  readonly #channel: Channel;
  readonly #onEnd: (end: SessionEnd) => void;
  #state: 'generic' | 'loading' | 'ready' | 'failed' | 'draining' | 'over' = 'generic';
  #executor: Executor | undefined;

  constructor(channel: Channel, onEnd: (end: SessionEnd) => void) {
    this.#channel = channel;
    this.#onEnd = onEnd;
  }

  /** @throws FaasError for what makes the connection useless: the worker sent what no worker sends */
  receive(message: Message): void {
    switch (message.type) {
      case 'init':
        void this.#init(message);
        break;
      case 'invoke':
        this.#invoke(message);
        break;
      case 'cancel':
        this.#executor?.cancel(message.stream, (message.header as unknown as CancelHeader).indices);
        break;
      case 'stats':
        this.#channel.send(message.stream, 'stats', { ...this.#stats() }, undefined, true);
        break;
      case 'stop':
        void this.stop();
        break;
      default:
        throw new FaasError('bad_request', `a worker sent ${message.type}, which is not for containers`);
    }
  }

  /** Finishes what was begun or waits, then ends. Nothing new is taken. */
  async stop(): Promise<void> {
    if (this.#state === 'draining' || this.#state === 'over') return;
    this.#state = 'draining';
    await this.#executor?.idle();
    await this.#channel.sent();
    this.#end({ type: 'stopped', reason: 'stopped' });
  }

  /** Ends the threads, whatever they do. */
  async closeThreads(): Promise<void> {
    await this.#executor?.close();
  }

  async #init(message: Message): Promise<void> {
    try {
      if (this.#state !== 'generic') {
        throw new FaasError('init_failed', `the container is ${this.#state}, only a generic one takes init`);
      }
      this.#state = 'loading';
      const importMs = await this.#load(checkedInit(message.header));
      if (this.#state === 'loading') this.#state = 'ready';
      this.#channel.send(message.stream, 'ready', { importMs }, undefined, true);
    } catch (thrown) {
      if (this.#state === 'loading') this.#state = 'failed';
      const { code, message: text } = thrown instanceof FaasError ? thrown : internal(thrown);
      this.#channel.send(message.stream, 'failed', { code, message: text }, undefined, true);
    }
  }

  async #load(init: InitHeader): Promise<number> {
    const executor = new Executor(init, {
      started: (stream, indices) => this.#channel.send(stream, 'started', { indices }),
      outcome: (stream, header, body, last) => this.#channel.send(stream, 'outcome', { ...header }, body, last),
      broken: (reason) => this.#end({ type: 'broken', reason }),
    });
    this.#executor = executor;
    try {
      return await executor.start();
    } catch (thrown) {
      await executor.close();
      throw thrown;
    }
  }

  #invoke({ stream, header, payload }: Message): void {
    const invoke = header as unknown as InvokeHeader;
    try {
      if (this.#state !== 'ready' || this.#executor === undefined) {
        const code = this.#state === 'draining' ? 'shutdown' : 'init_failed';
        throw new FaasError(code, `the container is ${this.#state} and takes no batches`);
      }
      this.#executor.submit(stream, invoke, payload);
    } catch (thrown) {
      const { code, message } = thrown instanceof FaasError ? thrown : internal(thrown);
      const { length } = invoke.invocations;
      for (let index = 0; index < length; index += 1) {
        const outcome = { index, status: 'failed', code, message };
        this.#channel.send(stream, 'outcome', outcome, undefined, index === length - 1);
      }
    }
  }

  #stats(): StatsHeader {
    const { user, system } = process.cpuUsage();
    const idle = {
      threads: 0,
      invocationsInFlight: 0,
      resourcesLive: 0,
      resourcesCreated: 0,
      resourcesReused: 0,
    };
    return {
      rssBytes: process.memoryUsage.rss(),
      cpuMs: (user + system) / 1e3,
      ...(this.#executor?.stats() ?? idle),
    };
  }

  #end(end: SessionEnd): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#onEnd(end);
  }
}

function internal(thrown: unknown): FaasError {
  return new FaasError('internal', asError(thrown).message);
}
