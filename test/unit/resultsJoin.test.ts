import { describe, expect, test } from 'vitest';
import type { ClientRecord, PlatformRecord } from '../../src/protocol/record.ts';
import { type InvocationDocument, invocationDocument, type RunContext } from '../../src/results/invocationDocument.ts';
import { Joiner } from '../../src/results/join.ts';
import { pickSettings } from '../../src/results/runSettings.ts';
import { clientRecord, newRun, platformRecord } from '../helpers/resultRecords.ts';

const run: RunContext = {
  runId: 'r1',
  kind: 'replay',
  epochAt: 5_000,
  queueTimeoutMs: 100_000,
  settings: pickSettings({ ...newRun() }),
};

function joined(client: Partial<ClientRecord> | null, platform: Partial<PlatformRecord> | null): InvocationDocument {
  return invocationDocument(
    run,
    client === null ? undefined : clientRecord(run, 7, client),
    platform === null ? undefined : platformRecord(run, 7, platform),
  );
}

describe('a document of both halves', () => {
  test('carries identity, settings and times since the epoch', () => {
    expect(joined({}, {})).toMatchObject({
      _id: 'inv:r1:7',
      type: 'invocation',
      runId: 'r1',
      sequence: 7,
      function: 'func1',
      functionKey: 'default/func1@0123456789ab',
      strategy: 'faasbatch',
      workScale: { k: 2 },
      status: 'ok',
      attempt: 1,
      scheduledAt: 7,
      acceptedAt: 9,
      completedAt: 26,
      batchSize: 2,
    });
  });

  test('has the latencies of design.md', () => {
    expect(joined({}, {}).latencyMs).toEqual({
      endToEnd: 21,
      endToEndFromSent: 20,
      scheduling: 4,
      coldStart: 0,
      queueing: 1,
      execution: 10,
      batchCompletion: 2,
    });
  });

  test('survives JSON unchanged, so that storing it again changes nothing', () => {
    const document = joined({ scheduledAt: run.epochAt - 0.00001 }, {});
    expect(JSON.parse(JSON.stringify(document))).toStrictEqual(document);
  });

  test.each([
    ['a start that began after it was accepted', 5_010, 5_012, 2],
    ['a start that was under way', 5_000, 5_012, 3],
    ['a start that ended before', 5_000, 5_008, 0],
    ['a start that ended after dispatch (early binding)', 5_010, 5_020, 3],
  ])('cold start is the overlap with %s', (_, containerStartRequestedAt, containerReadyAt, coldStart) => {
    // accepted at 5009, dispatched at 5013
    expect(joined({}, { containerStartRequestedAt, containerReadyAt }).latencyMs).toMatchObject({ coldStart });
  });
});

describe('what did not end well', () => {
  test('a rejection counts at the limit of waiting', () => {
    const document = joined({ status: 'rejected', code: 'queue_full', httpStatus: 429 }, null);
    expect(document).toMatchObject({ status: 'rejected', code: 'queue_full', attempt: 0 });
    expect(document.latencyMs).toMatchObject({ endToEnd: 100_000, endToEndFromSent: 100_000, scheduling: null });
  });

  test('a wait that timed out has waited until its deadline', () => {
    const platform = platformRecord(run, 7);
    const waited = { status: 'timeout', code: 'queue_timeout', completedAt: platform.acceptedAt + 100_000 } as const;
    const { dispatchedAt, executionStartedAt, executionEndedAt, ...undispatched } = platform;
    const document = invocationDocument(run, clientRecord(run, 7, { status: 'timeout' }), {
      ...undispatched,
      ...waited,
    });
    expect(document.latencyMs).toMatchObject({ scheduling: 100_000, coldStart: null, execution: null });
  });

  test('a handler that lost its thread at its deadline has run until then', () => {
    const { executionEndedAt, ...unended } = platformRecord(run, 7, { status: 'timeout' });
    const document = invocationDocument(run, clientRecord(run, 7, { status: 'timeout' }), unended);
    expect(document.latencyMs).toMatchObject({ execution: 12, batchCompletion: null, endToEnd: 21 });
  });

  test('a dropped call has no latency', () => {
    const { sentAt, receivedAt, ...unsent } = clientRecord(run, 7, { status: 'dropped' });
    const document = invocationDocument(run, unsent, undefined);
    expect(document).toMatchObject({ status: 'dropped', latencyMs: { endToEnd: null, endToEndFromSent: null } });
  });

  test('an answer without a platform half is lost, and says what the client saw', () => {
    expect(joined({}, null)).toMatchObject({ status: 'lost', clientStatus: 'ok', latencyMs: { endToEnd: 21 } });
  });

  test('a platform half without an answer is lost, and says what the platform saw', () => {
    expect(joined({ status: 'lost' }, {})).toMatchObject({ status: 'lost', platformStatus: 'ok' });
    expect(joined(null, {})).toMatchObject({ status: 'lost', function: 'func1', latencyMs: { endToEnd: null } });
  });
});

describe('the joiner', () => {
  test('lets a document go when its second half comes, whichever that is', () => {
    const joiner = new Joiner(run);
    expect(joiner.addClient(clientRecord(run, 1))).toBeUndefined();
    expect(joiner.addPlatform(platformRecord(run, 2))).toBeUndefined();
    expect(joiner.waiting).toBe(2);
    expect(joiner.addPlatform(platformRecord(run, 1))).toMatchObject({ sequence: 1, status: 'ok' });
    expect(joiner.addClient(clientRecord(run, 2))).toMatchObject({ sequence: 2, status: 'ok' });
    expect(joiner.waiting).toBe(0);
    expect([...joiner.finish()]).toEqual([]);
  });

  test('does not wait for the platform half of what was not accepted', () => {
    const joiner = new Joiner(run);
    expect(joiner.addClient(clientRecord(run, 1, { status: 'rejected' }))).toMatchObject({ status: 'rejected' });
    expect(joiner.addPlatform(platformRecord(run, 1))).toBeUndefined();
    expect([...joiner.finish()]).toEqual([]);
  });

  test('hands out the halves that stayed alone at the end', () => {
    const joiner = new Joiner(run);
    joiner.addClient(clientRecord(run, 1));
    joiner.addPlatform(platformRecord(run, 2));
    expect([...joiner.finish()].map(({ _id, status }) => [_id, status])).toEqual([
      ['inv:r1:1', 'lost'],
      ['inv:r1:2', 'lost'],
    ]);
    expect(joiner.waiting).toBe(0);
  });

  test('has no client halves to wait for in `up`', () => {
    const document = new Joiner({ ...run, kind: 'up' }).addPlatform(platformRecord(run, 1));
    expect(document).toMatchObject({ status: 'ok', function: 'func1', latencyMs: { endToEnd: 17, scheduling: 4 } });
  });
});
