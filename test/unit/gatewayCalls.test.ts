import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaasError } from '../../src/protocol/errors.ts';
import { gatewayHarness, type Harness } from '../helpers/gatewayHarness.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await gatewayHarness({ maxPayloadBytes: 1_000 });
});
afterEach(() => harness.close());

const call = (options: { headers?: Record<string, string>; payload?: string | Buffer; name?: string } = {}) =>
  harness.app.inject({
    method: 'POST',
    url: `/functions/${options.name ?? 'echo'}/invocations`,
    ...(options.headers && { headers: options.headers }),
    ...(options.payload !== undefined && { payload: options.payload }),
  });

describe('a call', () => {
  it('is answered with the body and content type of the function', async () => {
    const payload = Buffer.from([0, 255, 1, 254]);
    const answer = await call({ payload, headers: { 'content-type': 'image/x-test' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.rawPayload).toEqual(payload);
    expect(answer.headers['content-type']).toBe('image/x-test');
    expect(answer.headers['server-timing']).toMatch(
      /^scheduling;dur=[\d.]+, cold;dur=[\d.]+, queueing;dur=[\d.]+, execution;dur=[\d.]+, total;dur=[\d.]+$/,
    );
  });

  it('passes JSON on as bytes, broken or not', async () => {
    const answer = await call({ payload: '{"broken', headers: { 'content-type': 'application/json' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe('{"broken');
    expect(harness.queue.submitted[0]?.contentType).toBe('application/json');
  });

  it('may have neither body nor content type', async () => {
    const answer = await call();
    expect(answer.statusCode).toBe(200);
    expect(harness.queue.submitted[0]).toMatchObject({ contentType: 'application/octet-stream' });
    expect(harness.queue.submitted[0]?.body.byteLength).toBe(0);
  });

  it('carries the current version of the function', async () => {
    await call();
    expect(harness.queue.submitted[0]?.functionKey).toBe(harness.functions.get('echo')?.key);
  });

  it('has the id that the caller gave, or a new one each time', async () => {
    expect((await call({ headers: { 'x-invocation-id': 'run-1:7' } })).headers['x-invocation-id']).toBe('run-1:7');
    const ids = await Promise.all(Array.from({ length: 5 }, async () => (await call()).headers['x-invocation-id']));
    expect(new Set(ids).size).toBe(5);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9:._-]{1,128}$/);
  });

  it.each(['with space', 'a/b', 'x'.repeat(129), ''])('refuses the id %j', async (id) => {
    const answer = await call({ headers: { 'x-invocation-id': id } });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe('bad_request');
    expect(answer.json().error.message).toContain('x-invocation-id');
    expect(harness.queue.submitted).toHaveLength(0);
  });

  it('never puts what a container says into a header unseen', async () => {
    harness.queue.rule = () => ({ status: 'ok', body: Buffer.from('x'), contentType: 'text/plain\r\nx-evil: 1' });
    const answer = await call();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(answer.headers['x-evil']).toBeUndefined();
  });
});

describe('a call that fails', () => {
  it.each([
    ['error', 'handler_error', 500],
    ['error', 'out of the table', 500],
    ['timeout', 'timeout', 504],
    ['timeout', 'queue_timeout', 504],
    ['failed', 'container_lost', 502],
  ] as const)('as %s (%s) is answered %i', async (status, code, httpStatus) => {
    harness.queue.rule = () => ({ status, code: code as 'internal', message: 'so it was' });
    const answer = await call({ headers: { 'x-invocation-id': 'mine' } });
    expect(answer.statusCode).toBe(httpStatus);
    expect(answer.json().error).toMatchObject({ code, message: 'so it was', invocationId: 'mine', status, attempt: 1 });
    expect(answer.headers['x-invocation-id']).toBe('mine');
    expect(answer.headers['server-timing']).toContain('total;dur=');
  });
});

describe('a call that is not accepted', () => {
  it('names the limit and when to come again', async () => {
    harness.queue.refusal = new FaasError('queue_full', '10 wait already', { retryAfterS: 3 });
    const answer = await call();
    expect(answer.statusCode).toBe(429);
    expect(answer.headers['retry-after']).toBe('3');
    expect(answer.headers['x-invocation-id']).toBeDefined();
    expect(answer.headers['server-timing']).toBe('rejected;desc="queue_full"');
    expect(answer.json().error).toMatchObject({ code: 'queue_full', limit: 'maxQueueLength', retryAfterS: 3 });
    expect(await harness.metrics.exposition()).toContain('faasbatch_rejected_total{code="queue_full"} 1');
  });

  it('because the worker drains, is told to go elsewhere', async () => {
    harness.queue.refusal = new FaasError('draining', 'the worker is shutting down');
    const answer = await call();
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.headers.connection).toBe('close');
  });

  it('because its id is known, is a conflict', async () => {
    await call({ headers: { 'x-invocation-id': 'twice' } });
    const answer = await call({ headers: { 'x-invocation-id': 'twice' } });
    expect(answer.statusCode).toBe(409);
    expect(answer.json().error).toMatchObject({ code: 'conflict', invocationId: 'twice' });
  });

  it('because there is no such function, hears of the nearest', async () => {
    const answer = await call({ name: 'ehco' });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe('function_not_found');
    expect(answer.json().error.message).toContain('Did you mean "echo"?');
    expect(answer.headers['x-invocation-id']).toBeDefined();
  });

  it('because its body is too large, hears of the limit', async () => {
    const answer = await call({ payload: 'x'.repeat(1_001), headers: { 'content-type': 'text/plain' } });
    expect(answer.statusCode).toBe(413);
    expect(answer.json().error).toMatchObject({ code: 'payload_too_large', limit: 'maxPayloadBytes', allowed: 1_000 });
    expect((await call({ payload: 'x'.repeat(1_000) })).statusCode).toBe(200);
  });

  it('because its content type is none', async () => {
    const answer = await call({ payload: 'x', headers: { 'content-type': 'nonsense' } });
    expect(answer.statusCode).toBe(415);
    expect(answer.json().error.code).toBe('unsupported_media_type');
  });

  it('because of a fault of ours, is told nothing of its inside', async () => {
    harness.queue.rule = () => {
      throw new Error('secret detail');
    };
    const answer = await call();
    expect(answer.statusCode).toBe(500);
    expect(answer.json().error.code).toBe('internal');
    expect(answer.body).not.toContain('secret detail');
    expect(harness.faults[0]).toMatchObject({ err: expect.objectContaining({ message: 'secret detail' }) });
  });
});

describe('Prefer: respond-async', () => {
  const prefer = { prefer: 'respond-async', 'x-invocation-id': 'later' };

  it('answers at once, and keeps the result', async () => {
    harness.queue.rule = () => 'held';
    const accepted = await call({ headers: prefer });
    expect(accepted.statusCode).toBe(202);
    expect(accepted.headers.location).toBe('/invocations/later');
    expect(accepted.headers['preference-applied']).toBe('respond-async');
    expect(accepted.json()).toMatchObject({ invocationId: 'later', result: '/invocations/later/result' });
    expect(accepted.json().note).toContain('do not survive its restart');

    const early = await harness.app.inject('/invocations/later/result');
    expect(early.statusCode).toBe(202);
    expect(early.headers['retry-after']).toBe('1');

    harness.queue.end('later', { status: 'ok', body: Buffer.from('done'), contentType: 'text/plain' });
    await harness.queue.outcomeOf('later');
    const result = await harness.app.inject('/invocations/later/result');
    expect(result.statusCode).toBe(200);
    expect(result.body).toBe('done');
    expect(result.headers['x-invocation-id']).toBe('later');
  });

  it('keeps failures as well', async () => {
    harness.queue.rule = () => ({ status: 'error', code: 'handler_error', message: 'no' });
    expect((await call({ headers: prefer })).statusCode).toBe(202);
    const result = await harness.app.inject('/invocations/later/result');
    expect(result.statusCode).toBe(500);
    expect(result.json().error.code).toBe('handler_error');
  });

  it('is refused like any other call', async () => {
    harness.queue.refusal = new FaasError('queue_full', 'full');
    expect((await call({ headers: prefer })).statusCode).toBe(429);
    harness.queue.refusal = undefined;
    expect((await harness.app.inject('/invocations/later/result')).statusCode).toBe(404);
  });

  it('is not kept for a call that waited', async () => {
    await call({ headers: { 'x-invocation-id': 'sync' } });
    const result = await harness.app.inject('/invocations/sync/result');
    expect(result.statusCode).toBe(404);
    expect(result.json().error.message).toContain('respond-async');
  });
});

describe('POST /run', () => {
  const run = (payload: unknown) =>
    harness.app.inject({ method: 'POST', url: '/run', payload: payload as Record<string, unknown> });

  it('answers as the original does', async () => {
    const event = { function_name: 'echo', duration: 1, input_n: 20 };
    const answer = await run({ workflow: 'azure', request_id: 'r-1', azure_data: event });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'ok', latency: expect.any(Number) });
    expect(answer.json().latency).toBeLessThan(10);
    expect(answer.headers['x-invocation-id']).toBe('r-1');
    expect(JSON.parse(Buffer.from(harness.queue.submitted[0]?.body ?? []).toString())).toEqual(event);
    expect(harness.queue.submitted[0]?.contentType).toBe('application/json');
  });

  it('takes names as the original writes them', async () => {
    const payload = { manifest: { handler: 'handler.mjs' }, files: [{ path: 'handler.mjs', contentBase64: '' }] };
    await harness.app.inject({ method: 'PUT', url: '/functions/azure-func-1', payload });
    expect((await run({ azure_data: { function_name: 'Azure_func_1' } })).statusCode).toBe(200);
    expect(harness.queue.submitted[0]?.functionKey).toMatch(/^default\/azure-func-1@/);
  });

  it.each([
    [{ azure_data: { function_name: 'nobody' } }, 404, 'function_not_found'],
    [{ azure_data: {} }, 400, 'bad_request'],
    [{ request_id: 'not an id', azure_data: { function_name: 'echo' } }, 400, 'bad_request'],
  ])('%j is rejected', async (payload, status, code) => {
    const answer = await run(payload);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status: 'rejected', error: { code } });
  });

  it('tells failures by status', async () => {
    harness.queue.rule = () => ({ status: 'timeout', code: 'timeout', message: 'too long' });
    const answer = await run({ azure_data: { function_name: 'echo' } });
    expect(answer.statusCode).toBe(504);
    expect(answer.json()).toMatchObject({ status: 'timeout', latency: expect.any(Number), error: { code: 'timeout' } });
  });
});
