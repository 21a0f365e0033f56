import type { MessagePort } from 'node:worker_threads';
import type { OutcomeHeader } from '../../protocol/messages.ts';
import type { ThreadReport } from '../crossing/messages.ts';
import type { Claim } from './call.ts';
import type { EncodedResult } from './resultCodec.ts';

interface PendingOutcome {
  readonly stream: number;
  readonly header: OutcomeHeader;
  readonly result: EncodedResult | undefined;
}

/**
 * What a thread tells the main thread, over a port that is theirs alone. Outcomes that come about in one run of the
 * microtask queue leave together; `started` leaves at once, since the handler called next may keep the thread.
 */
export class Reports {
  readonly #port: MessagePort;
  readonly #resourcesLive: () => number;
  #outcomes: PendingOutcome[] = [];
  #scheduled = false;

  constructor(port: MessagePort, resourcesLive: () => number) {
    this.#port = port;
    this.#resourcesLive = resourcesLive;
  }

  loaded(): void {
    this.#send({ loaded: true });
  }

  pong(): void {
    this.#send({ pong: true });
  }

  started(claims: readonly Claim[]): void {
    const byStream = new Map<number, number[]>();
    for (const { stream, entry } of claims) {
      const indices = byStream.get(stream);
      if (indices === undefined) byStream.set(stream, [entry.index]);
      else indices.push(entry.index);
    }
    this.#send({ started: Array.from(byStream, ([stream, indices]) => ({ stream, indices })) });
  }

  outcome(stream: number, header: OutcomeHeader, result: EncodedResult | undefined): void {
    this.#outcomes.push({ stream, header, result });
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Runs once the promises that are settled now have been seen to.
    process.nextTick(() => {
      this.#scheduled = false;
      if (this.#outcomes.length > 0) this.#send({});
    });
  }

  /** Sends this with what is pending. */
  #send(report: Pick<ThreadReport, 'pong' | 'loaded' | 'started'>): void {
    const resourcesLive = this.#resourcesLive();
    const pending = this.#outcomes;
    if (pending.length === 0) {
      this.#port.postMessage({ ...report, resourcesLive } satisfies ThreadReport);
      return;
    }
    this.#outcomes = [];
    const outcomes = pending.map(({ stream, header, result }) => ({ stream, header, size: result?.size ?? 0 }));
    const bodies = pack(pending);
    this.#port.postMessage({ ...report, outcomes, bodies, resourcesLive } satisfies ThreadReport, [bodies.buffer]);
  }
}

/** One copy, into memory that can change hands. */
function pack(outcomes: readonly PendingOutcome[]): Uint8Array<ArrayBuffer> {
  const total = outcomes.reduce((sum, { result }) => sum + (result?.size ?? 0), 0);
  const buffer = new ArrayBuffer(total);
  const bytes = Buffer.from(buffer);
  let offset = 0;
  for (const { result } of outcomes) {
    if (result === undefined) continue;
    if (typeof result.body === 'string') bytes.write(result.body, offset, 'utf8');
    else bytes.set(result.body, offset);
    offset += result.size;
  }
  return new Uint8Array(buffer);
}
