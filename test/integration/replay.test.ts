import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReplayStarted } from '../../src/replay/messages.ts';
import type { ReplayPlan } from '../../src/replay/plan.ts';
import { accountsMatch, ends, prepareRun, type ReplayRun, steady, type TestCall } from '../helpers/replayRun.ts';
import { type ReplayTarget, startReplayTarget } from '../helpers/replayTarget.ts';

let target: ReplayTarget;
const runs: ReplayRun[] = [];

async function prepare(calls: readonly TestCall[], plan: Partial<ReplayPlan> = {}): Promise<ReplayRun> {
  const run = await prepareRun(target.origin, calls, plan);
  runs.push(run);
  return run;
}

beforeEach(async () => {
  target = await startReplayTarget();
});

afterEach(async () => {
  await target.close();
  await Promise.all(runs.splice(0).map((run) => run.remove()));
});

describe('a replay', () => {
  test('sends each call once, at its instant, with its id, its event and the API key', async () => {
    const calls = steady(60, 5, 'ok').map((call, index) => ({ ...call, event: { n: index } }));
    const run = await prepare(calls);
    let started: ReplayStarted | undefined;
    const replayer = run.start(
      (message) => {
        if (message.type === 'started') started = message;
      },
      { ...process.env, FAASBATCH_API_KEY: 'a key of some length' },
    );
    const result = await replayer.result;

    expect(result).toMatchObject({ end: 'completed', error: null, epoch: started?.epoch });
    expect(ends(result)).toEqual({ ok: 60 });
    expect(started).toMatchObject({ scheduled: 60, lastAtMs: 295 });
    expect(target.arrived.map(({ id, body }) => [id, body])).toEqual(
      calls.map(({ event }, index) => [`run1:${index}`, JSON.stringify(event)]),
    );
    for (const [index, { at, headers, path }] of target.arrived.entries()) {
      expect(at).toBeGreaterThanOrEqual((started?.epoch ?? 0) + index * 5);
      expect(headers.authorization).toBe('Bearer a key of some length');
      expect(path).toBe('/functions/ok/invocations');
    }
    const records = await run.records();
    expect(accountsMatch(records, result)).toBe(true);
    for (const { scheduledAt, sentAt = 0, receivedAt = 0, sequence } of records) {
      expect(scheduledAt).toBe(result.epoch + sequence * 5);
      expect(sentAt).toBeGreaterThanOrEqual(scheduledAt);
      expect(receivedAt).toBeGreaterThan(sentAt);
    }
    expect(result.cpuSeconds).toBeGreaterThan(0);
  });

  test('sends calls of one instant in the order of the schedule', async () => {
    const names = ['ok', 'sleep', 'ok', 'ok', 'sleep', 'ok'];
    const calls = [0, 50, 100].flatMap((atMs) => names.map((name) => ({ atMs, function: name, event: { ms: 20 } })));
    const result = await (await prepare(calls)).start().result;
    expect(ends(result)).toEqual({ ok: 18 });
    expect(target.arrived.map(({ id }) => id)).toEqual(calls.map((_, index) => `run1:${index}`));
  });

  test('does not wait for answers: late ones hold back nobody', async () => {
    const result = await (await prepare(steady(30, 10, 'sleep', { ms: 1_000 }))).start().result;
    expect(ends(result)).toEqual({ ok: 30 });
    expect(target.peak).toBe(30);
    expect(result.lagMs.p50).toBeLessThan(20);
  });

  test('follows a schedule that is longer than its look-ahead', async () => {
    const calls = steady(6_000, 0.2, 'ok').map((call, index) => ({ ...call, event: index }));
    const run = await prepare(calls, { maxInFlight: 10_000 });
    const result = await run.start().result;
    expect(ends(result)).toEqual({ ok: 6_000 });
    const bodies = new Map(target.arrived.map(({ id, body }) => [id, body]));
    expect(calls.every((_, index) => bodies.get(`run1:${index}`) === String(index))).toBe(true);
    expect(accountsMatch(await run.records(), result)).toBe(true);
  });

  test('of nothing is complete', async () => {
    const result = await (await prepare([])).start().result;
    expect(result).toMatchObject({ end: 'completed', counts: { scheduled: 0, sent: 0 }, lagMs: { p50: null } });
  });
});

describe('an answer', () => {
  test('becomes the status and the code that the platform gave', async () => {
    const names = ['ok', 'error', 'broken', 'timeout', 'failed', 'busy', 'draining', 'large'];
    const run = await prepare(names.map((name, index) => ({ atMs: index * 10, function: name })));
    const result = await run.start().result;
    const records = (await run.records()).sort((a, b) => a.sequence - b.sequence);
    expect(records.map((record) => [record.function, record.status, record.httpStatus, record.code])).toEqual([
      ['ok', 'ok', 200, undefined],
      ['error', 'error', 500, 'handler_error'],
      ['broken', 'failed', 500, 'internal'],
      ['timeout', 'timeout', 504, 'timeout'],
      ['failed', 'failed', 502, 'container_lost'],
      ['busy', 'rejected', 429, 'queue_full'],
      ['draining', 'rejected', 503, 'draining'],
      ['large', 'rejected', 413, 'payload_too_large'],
    ]);
    expect(result.end).toBe('completed');
    expect(accountsMatch(records, result)).toBe(true);
  });

  test('that every other call would get too ends the replay early', async () => {
    const run = await prepare([...steady(400, 5, 'unknown')]);
    const result = await run.start().result;
    expect(result).toMatchObject({ end: 'refused', error: { code: 'function_not_found' } });
    expect(result.error?.message).toContain('a call of unknown with 404 function_not_found: it is unknown');
    expect(result.counts.dropped).toBeGreaterThan(300);
    expect(accountsMatch(await run.records(), result)).toBe(true);
  });

  test('that does not come by the deadline makes the call lost', async () => {
    const run = await prepare([...steady(3, 10, 'hold'), { atMs: 50, function: 'ok' }], { requestDeadlineMs: 300 });
    const result = await run.start().result;
    expect(result.end).toBe('completed');
    expect(ends(result)).toEqual({ ok: 1, lost: 3 });
    expect((await run.records()).filter(({ code }) => code === 'no_answer')).toHaveLength(3);
  });

  test('cut off by a reset makes that call lost, and no other', async () => {
    const calls = steady(20, 5, 'ok').map((call, index) => (index % 4 === 1 ? { ...call, function: 'reset' } : call));
    const run = await prepare(calls);
    const result = await run.start().result;
    expect(result.end).toBe('completed');
    expect(ends(result)).toEqual({ ok: 15, lost: 5 });
    const lost = (await run.records()).filter(({ status }) => status === 'lost');
    expect(lost.every(({ code, sentAt }) => code !== undefined && sentAt !== undefined)).toBe(true);
    expect(target.arrived).toHaveLength(20);
  });
});

test('a call that finds maxInFlight calls under way is dropped, not delayed', async () => {
  const calls = [...steady(10, 0, 'sleep', { ms: 200 }), { atMs: 1_000, function: 'ok' }];
  const run = await prepare(calls, { maxInFlight: 3 });
  const result = await run.start().result;
  expect(result.end).toBe('completed');
  expect(ends(result)).toEqual({ ok: 4, dropped: 7 });
  const dropped = (await run.records()).filter(({ status }) => status === 'dropped');
  expect(dropped.every(({ code, sentAt }) => code === 'max_in_flight' && sentAt === undefined)).toBe(true);
});
