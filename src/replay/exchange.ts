import type { Dispatcher } from 'undici';
import { monotonicMs } from '../lib/clock.ts';
import { asError } from '../protocol/errors.ts';
import { MAX_ERROR_BODY_BYTES, readAnswer, type Verdict } from './answer.ts';

/** How an exchange ended. */
export interface Answer extends Verdict {
  readonly httpStatus?: number;
  readonly receivedAt?: number;
}

export interface ExchangeListener {
  /** The request is being written to a connection. Not called when no connection could be made. */
  readonly onSent: (exchange: Exchange) => void;
  /** Called once. */
  readonly onEnd: (exchange: Exchange, answer: Answer) => void;
}

/**
 * One call on its way: offered → sent → ended, or offered → ended when no connection could be made.
 * Whatever happens after its end is ignored.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly index: number;
  readonly offeredAt: number;
  /** The connection is done with this exchange; may be later than its end. */
  onFree: () => void = () => undefined;
  readonly #listener: ExchangeListener;
  #sentAt: number | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #httpStatus = 0;
  #errorBody: Buffer[] = [];
  #errorBodyBytes = 0;
  #ended = false;

  constructor(index: number, listener: ExchangeListener) {
    this.index = index;
    this.#listener = listener;
    this.offeredAt = monotonicMs();
  }

  /** When its bytes left; the attempt's time if they did not. */
  get sentAt(): number {
    return this.#sentAt ?? this.offeredAt;
  }

  /** Ends the call as `lost` and hangs up. */
  giveUp(code: string): void {
    this.#end({ status: 'lost', code, refusal: false });
    this.#controller?.abort(new Error(code));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended) {
      controller.abort(new Error('given up before it was sent'));
      return;
    }
    this.#controller = controller;
    this.#sentAt = monotonicMs();
    this.#listener.onSent(this);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number): void {
    this.#httpStatus = statusCode;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // A function's result is of no interest here, only its arrival.
    if (this.#httpStatus < 300 || this.#errorBodyBytes >= MAX_ERROR_BODY_BYTES) return;
    this.#errorBody.push(Buffer.from(chunk));
    this.#errorBodyBytes += chunk.length;
  }

  onResponseEnd(): void {
    const receivedAt = monotonicMs();
    const body = this.#errorBody.length === 0 ? '' : Buffer.concat(this.#errorBody).toString('utf8');
    this.onFree();
    this.#end({ ...readAnswer(this.#httpStatus, body), httpStatus: this.#httpStatus, receivedAt });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, thrown: Error): void {
    this.onFree();
    this.#end({ status: 'lost', code: networkCode(thrown), message: thrown.message, refusal: false });
  }

  #end(answer: Answer): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listener.onEnd(this, answer);
  }
}

/** `ECONNREFUSED`, `ECONNRESET`, `UND_ERR_SOCKET`, … */
function networkCode(thrown: unknown): string {
  const { code } = asError(thrown) as NodeJS.ErrnoException;
  return code ?? 'network_error';
}
