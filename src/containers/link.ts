import type { Socket } from 'node:net';
import { deferred } from '../lib/deferred.ts';
import { Channel, type Message } from '../protocol/channel.ts';
import { FaasError } from '../protocol/errors.ts';
import { PROTOCOL_VERSION } from '../protocol/frames.ts';
import type { ContainerOutcome } from '../protocol/invocation.ts';
import type {
  FailedHeader,
  HelloHeader,
  InitHeader,
  InvokeHeader,
  OutcomeHeader,
  StartedHeader,
} from '../protocol/messages.ts';
import type { Begun } from '../protocol/startedJournal.ts';
import type { Batch } from '../scheduling/fleet.ts';

export interface LinkEvents {
  started(invocationIds: readonly string[]): void;
  ended(invocationId: string, outcome: ContainerOutcome): void;
  closed(reason: string): void;
}

interface Exchange {
  readonly ids: readonly string[];
  readonly stream: number;
}

/** A message holds a batch's bodies, or one result: the dispatcher's and the runtime's own limits are far below. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

/** The worker's end of the connection to one container: protocol messages in terms of invocations. */
export class ContainerLink {
  readonly hello: Promise<HelloHeader>;
  readonly #hello = deferred<HelloHeader>();
  readonly #channel: Channel;
  readonly #events: LinkEvents;
  readonly #batches = new Map<string, Exchange>();
  readonly #byStream = new Map<number, Exchange>();
  readonly #answers = new Map<number, (message: Message | undefined) => void>();

  constructor(socket: Socket, events: LinkEvents) {
    this.#events = events;
    this.hello = this.#hello.promise;
    // It is nobody's fault if the connection goes before someone waits for the hello.
    this.hello.catch(() => undefined);
    this.#channel = new Channel(socket, {
      side: 'worker',
      maxMessageBytes: MAX_MESSAGE_BYTES,
      onMessage: (message) => this.#receive(message),
      onClose: (error) => this.#closed(error?.message ?? 'its connection ended'),
    });
  }

  /** @throws FaasError `init_failed` with the container's reason, or `start_failed` if it went away */
  async init(header: InitHeader): Promise<void> {
    const answer = await this.#ask('init', { ...header });
    if (answer?.type === 'ready') return;
    if (answer === undefined)
      throw new FaasError('start_failed', 'the container went away while it loaded the function');
    const { code, message } = answer.header as unknown as FailedHeader;
    throw new FaasError(code, message);
  }

  invoke(batch: Batch): void {
    const stream = this.#channel.openStream();
    const exchange = { stream, ids: batch.invocations.map(({ id }) => id) };
    this.#batches.set(batch.id, exchange);
    this.#byStream.set(stream, exchange);
    const header: InvokeHeader = {
      batchId: batch.id,
      invocations: batch.invocations.map(({ id, contentType, body }) => ({ id, contentType, size: body.byteLength })),
    };
    const [first] = batch.invocations;
    const payload =
      batch.invocations.length === 1 && first !== undefined
        ? first.body
        : Buffer.concat(batch.invocations.map(({ body }) => body));
    this.#channel.send(stream, 'invoke', { ...header }, payload);
  }

  cancel(batchId: string, invocationId: string): void {
    const exchange = this.#batches.get(batchId);
    const index = exchange?.ids.indexOf(invocationId) ?? -1;
    if (exchange !== undefined && index >= 0) this.#channel.send(exchange.stream, 'cancel', { indices: [index] });
  }

  /** Those of them that have no outcome yet; of a batch that is over nothing is known any more. */
  idsOf(begun: readonly Begun[]): string[] {
    return begun.flatMap(({ stream, index }) => this.#byStream.get(stream)?.ids[index] ?? []);
  }

  /** Asks the container to finish what it has and end. */
  stop(): void {
    this.#channel.send(this.#channel.openStream(), 'stop', {});
  }

  destroy(): void {
    this.#channel.destroy();
  }

  #ask(type: 'init', header: Record<string, unknown>): Promise<Message | undefined> {
    const stream = this.#channel.openStream();
    return new Promise((resolve) => {
      this.#answers.set(stream, resolve);
      this.#channel.send(stream, type, header);
    });
  }

  #receive(message: Message): void {
    switch (message.type) {
      case 'hello':
        this.#greet(message.header as unknown as HelloHeader);
        break;
      case 'started': {
        const { indices } = message.header as unknown as StartedHeader;
        this.#events.started(indices.map((index) => this.#idOf(message, index)));
        break;
      }
      case 'outcome':
        this.#outcome(message);
        break;
      case 'ready':
      case 'failed':
        this.#answers.get(message.stream)?.(message);
        this.#answers.delete(message.stream);
        break;
      default:
        throw new FaasError('internal', `a container sent ${message.type}, which is not for workers`);
    }
  }

  #greet(hello: HelloHeader): void {
    if (hello.protocol === PROTOCOL_VERSION) {
      this.#hello.resolve(hello);
      return;
    }
    const message = `the container speaks protocol ${hello.protocol}, this worker ${PROTOCOL_VERSION}: rebuild its image`;
    this.#hello.reject(new FaasError('start_failed', message));
  }

  #outcome(message: Message): void {
    const { index, ...rest } = message.header as unknown as OutcomeHeader;
    const id = this.#idOf(message, index);
    const exchange = this.#byStream.get(message.stream);
    if (message.end && exchange !== undefined) {
      this.#byStream.delete(message.stream);
      for (const [batchId, other] of this.#batches) if (other === exchange) this.#batches.delete(batchId);
    }
    this.#events.ended(id, { ...rest, body: message.payload });
  }

  #idOf({ stream, type }: Message, index: number): string {
    const id = this.#byStream.get(stream)?.ids[index];
    if (id === undefined)
      throw new FaasError('internal', `a container sent ${type} for invocation ${index} of stream ${stream}`);
    return id;
  }

  #closed(reason: string): void {
    this.#hello.reject(new FaasError('start_failed', `the container went away before it said hello: ${reason}`));
    for (const answer of this.#answers.values()) answer(undefined);
    this.#answers.clear();
    this.#events.closed(reason);
  }
}
