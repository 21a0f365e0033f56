import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explain } from '../../src/gateway/explanation.ts';
import { FunctionLogs } from '../../src/gateway/functionLogs.ts';
import { monotonicMs } from '../../src/lib/clock.ts';
import type { Outcome } from '../../src/protocol/invocation.ts';
import { gatewayHarness, type Harness } from '../helpers/gatewayHarness.ts';

const OUTCOME: Outcome = {
  status: 'ok',
  invocationId: 'i',
  functionKey: 'default/echo@0123456789ab',
  attempt: 1,
  acceptedAt: 1_000,
  enqueuedAt: 1_000,
  batchedAt: 1_120,
  dispatchedAt: 1_420,
  executionStartedAt: 1_425,
  executionEndedAt: 1_445,
  completedAt: 1_446,
  batchSize: 3,
  startKind: 'cold',
  containerStartRequestedAt: 1_120,
  containerReadyAt: 1_415,
};

const viewOf = (outcome: Outcome) => ({ ...outcome, state: 'done' as const, outcome });

describe('why did it wait?', () => {
  it('for its batch and its container', () => {
    expect(explain(viewOf(OUTCOME), 0)).toBe(
      'It waited 420 ms to be dispatched (120 ms until its batch was formed, 295 ms while the container was being ' +
        'started), in a batch of 3, to a container that was started for it. From there to its execution took 5.00 ms. ' +
        'It ran for 20.0 ms. It ended ok.',
    );
  });

  it('for nothing, until its time was up', () => {
    const { acceptedAt, enqueuedAt, invocationId, functionKey, attempt } = OUTCOME;
    const ids = { invocationId, functionKey, attempt, acceptedAt, enqueuedAt };
    const outcome: Outcome = { ...ids, status: 'timeout', code: 'queue_timeout', completedAt: 101_000 };
    expect(explain(viewOf(outcome), 0)).toBe(
      'It waited 100.0 s and was never dispatched. It ended as timeout (queue_timeout).',
    );
  });

  it('and still does', () => {
    const view = { invocationId: 'i', functionKey: 'f', acceptedAt: 1_000 };
    expect(explain({ ...view, state: 'waiting' }, 1_500)).toContain('It has waited 500 ms so far');
    expect(explain({ ...view, state: 'dispatched' }, 1_500)).toContain('is with a container');
  });
});

describe('the last lines of a function', () => {
  const logged = (functionKey: string, text: string, id = 'i'): Outcome => ({
    ...OUTCOME,
    invocationId: id,
    functionKey,
    logs: [{ at: 1_430, level: 'info', text }],
  });

  it('are bounded in number and size', () => {
    const logs = new FunctionLogs();
    for (let line = 0; line < 1_500; line += 1) logs.append(logged('default/a@1', `line ${line}`));
    const lines = logs.read('default/a', 5_000);
    expect(lines).toHaveLength(1_000);
    expect(lines.at(-1)?.text).toBe('line 1499');
    for (let line = 0; line < 100; line += 1) logs.append(logged('default/b@1', 'x'.repeat(16_000)));
    expect(logs.read('default/b', 5_000).length).toBeLessThanOrEqual(8);
  });

  it('make room for functions that speak', () => {
    const logs = new FunctionLogs();
    logs.append(logged('default/first@1', 'old'));
    logs.append(logged('default/kept@1', 'old'));
    for (let name = 0; name < 255; name += 1) {
      logs.append(logged(`default/f${name}@1`, 'x'));
      logs.append(logged('default/kept@1', `still here ${name}`));
    }
    expect(logs.read('default/first', 10)).toHaveLength(0);
    expect(logs.read('default/kept', 1_000)).toHaveLength(256);
  });

  it('survive a new version', () => {
    const logs = new FunctionLogs();
    logs.append(logged('default/a@1', 'one'));
    logs.append(logged('default/a@2', 'two'));
    expect(logs.read('default/a', 10).map(({ text, digest }) => [text, digest])).toEqual([
      ['one', '1'],
      ['two', '2'],
    ]);
  });
});

describe('over HTTP', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await gatewayHarness();
  });
  afterEach(() => harness.close());

  const call = (id: string) =>
    harness.app.inject({ method: 'POST', url: '/functions/echo/invocations', headers: { 'x-invocation-id': id } });

  it('an invocation tells its times, latencies and logs', async () => {
    harness.queue.rule = () => ({
      status: 'error',
      code: 'handler_error',
      message: 'no',
      logs: [{ at: monotonicMs(), level: 'warn', text: 'careful' }],
    });
    await call('told');
    const answer = (await harness.app.inject('/invocations/told')).json();
    expect(answer).toMatchObject({
      invocationId: 'told',
      function: harness.functions.get('echo')?.key,
      state: 'done',
      status: 'error',
      code: 'handler_error',
      message: 'no',
      attempt: 1,
      batch: { id: 'b1', size: 1 },
      container: { id: 'c1', start: 'warm' },
      sinceAcceptedMs: { accepted: 0, dispatched: 0, executionStarted: 0 },
      latencyMs: { scheduling: 0, coldStart: 0, queueing: 0 },
      logs: [{ level: 'warn', text: 'careful' }],
      logsTruncated: false,
    });
    expect(answer.why).toContain('It ended as error (handler_error): no.');
    expect(answer.sinceAcceptedMs.completed).toBe(answer.latencyMs.total);
    expect(answer.result).toBeUndefined();
  });

  it('one that waits says so', async () => {
    harness.queue.rule = () => 'held';
    const held = call('held');
    await harness.queue.arrived(1);
    const answer = (await harness.app.inject('/invocations/held')).json();
    expect(answer).toMatchObject({ state: 'waiting', why: expect.stringContaining('so far') });
    harness.queue.end('held', { status: 'ok' });
    expect((await held).statusCode).toBe(200);
  });

  it('one that is not known is not found', async () => {
    const answer = await harness.app.inject('/invocations/nobody');
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error).toMatchObject({ code: 'invocation_not_found', invocationId: 'nobody' });
  });

  it('logs are read on from where the last reading ended', async () => {
    harness.queue.rule = ({ id }) => ({ status: 'ok', logs: [{ at: monotonicMs(), level: 'info', text: `in ${id}` }] });
    for (const id of ['a', 'b', 'c']) await call(id);
    const tail = (await harness.app.inject('/functions/echo/logs?tail=2')).json();
    expect(tail.lines.map(({ text }: { text: string }) => text)).toEqual(['in b', 'in c']);
    expect(Math.abs(Date.parse(tail.lines[0].time) - Date.now())).toBeLessThan(60_000);
    await call('d');
    const next = (await harness.app.inject(`/functions/default%2Fecho/logs?after=${tail.next}`)).json();
    expect(next.lines.map(({ text }: { text: string }) => text)).toEqual(['in d']);
    const none = (await harness.app.inject(`/functions/echo/logs?after=${next.next}`)).json();
    expect(none).toEqual({ function: 'default/echo', lines: [], next: next.next });
  });

  it('logs say how invocations failed', async () => {
    harness.queue.rule = () => ({ status: 'timeout', code: 'timeout', message: 'over 60 s' });
    await call('slow');
    const { lines } = (await harness.app.inject('/functions/echo/logs')).json();
    expect(lines).toMatchObject([{ source: 'platform', level: 'error', text: 'timeout (timeout): over 60 s' }]);
  });

  it.each(['tail=0', 'tail=x', 'after=-1', 'tail=5000'])('logs?%s is a bad request', async (query) => {
    const answer = await harness.app.inject(`/functions/echo/logs?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe('bad_request');
  });
});
