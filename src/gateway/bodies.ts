import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { FaasError } from '../protocol/errors.ts';

type BodyDone = (error: Error | null, body?: Buffer) => void;

/**
 * Reads bodies as the bytes they are, whatever their content type. Fastify's own reader copies each once more; this one
 * copies only what came in several pieces.
 */
export function bodyAsBytes(maxPayloadBytes: number) {
  return (request: Pick<FastifyRequest, 'headers'>, payload: IncomingMessage, done: BodyDone): void => {
    if (Number(request.headers['content-length']) > maxPayloadBytes) {
      done(payloadTooLarge(maxPayloadBytes));
      return;
    }
    collect(payload, maxPayloadBytes, done);
  };
}

function collect(payload: IncomingMessage, maxPayloadBytes: number, done: BodyDone): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (error: FaasError | null): void => {
    payload.off('data', onData).off('end', onEnd);
    done(error, error === null ? joined(chunks) : undefined);
  };
  const onEnd = (): void => {
    payload.off('error', onError);
    finish(null);
  };
  const onError = (cause: Error): void => {
    // After a body that is too large, the connection may break while the rest of it is dropped: nobody asks any more.
    if (bytes > maxPayloadBytes) return;
    finish(new FaasError('bad_request', 'the connection ended before the body did', {}, { cause }));
  };
  const onData = (chunk: Buffer): void => {
    bytes += chunk.byteLength;
    if (bytes <= maxPayloadBytes) chunks.push(chunk);
    else finish(payloadTooLarge(maxPayloadBytes));
  };
  payload.on('data', onData).on('end', onEnd).on('error', onError);
}

/** A view of something larger would keep all of it in memory for as long as the invocation waits, so that is copied. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined && first.buffer.byteLength === first.byteLength) return first;
  return Buffer.concat(chunks);
}

function payloadTooLarge(maxPayloadBytes: number): FaasError {
  return new FaasError('payload_too_large', `the body is larger than maxPayloadBytes, ${maxPayloadBytes}`, {
    limit: 'maxPayloadBytes',
    allowed: maxPayloadBytes,
  });
}

/**
 * A client that asks first (`Expect: 100-continue`) need not send a body that will not be read. Left alone, Node invites
 * every one.
 */
export function answerExpectations(app: FastifyInstance, maxBytesOf: (request: IncomingMessage) => number): void {
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!(Number(request.headers['content-length']) > maxBytesOf(request))) response.writeContinue();
    app.server.emit('request', request, response);
  });
}
