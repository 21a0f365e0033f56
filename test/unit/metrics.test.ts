import { beforeEach, describe, expect, it } from 'vitest';
import { Metrics } from '../../src/metrics/metrics.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import type { Outcome } from '../../src/protocol/invocation.ts';

const OUTCOME: Outcome = {
  status: 'ok',
  invocationId: 'i',
  functionKey: 'default/echo@0123456789ab',
  attempt: 1,
  acceptedAt: 1_000,
  enqueuedAt: 1_000,
  dispatchedAt: 1_200,
  executionStartedAt: 1_200.3,
  executionEndedAt: 1_220.3,
  completedAt: 1_221,
  containerStartRequestedAt: 1_100,
  containerReadyAt: 1_190,
};

let containers: Record<string, number>;
let queueLength: number;
let metrics: Metrics;
beforeEach(() => {
  containers = { warm: 2 };
  queueLength = 7;
  metrics = new Metrics({
    containersByState: () => containers,
    queueLength: () => queueLength,
    invocationsInFlight: () => 9,
    startsInFlight: () => 1,
  });
});

async function valueAt(series: string): Promise<number | undefined> {
  const line = (await metrics.exposition()).split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe('stages', () => {
  it('are counted in cumulative buckets, with their sums', async () => {
    metrics.observe(OUTCOME);
    metrics.observe({ ...OUTCOME, dispatchedAt: 1_000, executionStartedAt: 1_000.5 });
    const bucket = (stage: string, le: string) =>
      valueAt(`faasbatch_invocation_duration_seconds_bucket{stage="${stage}",le="${le}"}`);
    expect(await bucket('scheduling', '0.0005')).toBe(1);
    expect(await bucket('scheduling', '0.1')).toBe(1);
    expect(await bucket('scheduling', '0.25')).toBe(2);
    expect(await bucket('scheduling', '+Inf')).toBe(2);
    expect(await bucket('queueing', '0.0005')).toBe(2);
    expect(await valueAt('faasbatch_invocation_duration_seconds_sum{stage="scheduling"}')).toBeCloseTo(0.2, 9);
    expect(await valueAt('faasbatch_invocation_duration_seconds_sum{stage="cold_start"}')).toBeCloseTo(0.09, 9);
    expect(await valueAt('faasbatch_invocation_duration_seconds_sum{stage="execution"}')).toBeCloseTo(0.2398, 9);
    expect(await valueAt('faasbatch_invocation_duration_seconds_sum{stage="total"}')).toBeCloseTo(0.442, 9);
  });

  it('that were not reached are not counted', async () => {
    const { invocationId, functionKey, attempt, acceptedAt, enqueuedAt } = OUTCOME;
    const ids = { invocationId, functionKey, attempt, acceptedAt, enqueuedAt };
    metrics.observe({ ...ids, status: 'timeout', code: 'queue_timeout', completedAt: 900_000 });
    expect(await valueAt('faasbatch_invocation_duration_seconds_count{stage="scheduling"}')).toBe(0);
    expect(await valueAt('faasbatch_invocation_duration_seconds_count{stage="total"}')).toBe(1);
    expect(await valueAt('faasbatch_invocation_duration_seconds_bucket{stage="total",le="100"}')).toBe(0);
    expect(await valueAt('faasbatch_invocation_duration_seconds_bucket{stage="total",le="+Inf"}')).toBe(1);
  });
});

describe('counters', () => {
  it('tell status, code and function', async () => {
    metrics.observe(OUTCOME);
    metrics.observe(OUTCOME);
    metrics.observe({ ...OUTCOME, status: 'failed', code: 'container_lost' });
    for (let scrape = 0; scrape < 2; scrape += 1) {
      expect(await valueAt('faasbatch_invocations_total{status="ok",code=""}')).toBe(2);
      expect(await valueAt('faasbatch_invocations_total{status="failed",code="container_lost"}')).toBe(1);
      expect(await valueAt('faasbatch_function_invocations_total{function="default/echo",status="ok"}')).toBe(2);
    }
  });

  it('keep their labels bounded', async () => {
    for (let each = 0; each < 300; each += 1) {
      metrics.observe({
        ...OUTCOME,
        functionKey: `default/f${each}@0`,
        status: 'error',
        code: `made up ${each}` as ErrorCode,
      });
    }
    const lines = (await metrics.exposition()).split('\n');
    const ok = lines.filter(
      (line) => line.startsWith('faasbatch_function_invocations_total') && line.includes('"error"'),
    );
    expect(ok.length).toBe(201);
    expect(await valueAt('faasbatch_function_invocations_total{function="_other",status="error"}')).toBe(100);
    expect(await valueAt('faasbatch_invocations_total{status="error",code=""}')).toBe(300);
  });

  it('tell what was rejected', async () => {
    metrics.observeRejection('queue_full');
    metrics.observeRejection('queue_full');
    expect(await valueAt('faasbatch_rejected_total{code="queue_full"}')).toBe(2);
  });
});

it('gauges are read when asked for', async () => {
  expect(await valueAt('faasbatch_containers{state="warm"}')).toBe(2);
  containers = { busy: 1 };
  queueLength = 0;
  expect(await valueAt('faasbatch_containers{state="busy"}')).toBe(1);
  expect(await valueAt('faasbatch_containers{state="warm"}')).toBeUndefined();
  expect(await valueAt('faasbatch_queue_length')).toBe(0);
  expect(await valueAt('faasbatch_invocations_in_flight')).toBe(9);
  expect(await valueAt('faasbatch_container_starts_in_flight')).toBe(1);
  expect(await valueAt('process_resident_memory_bytes')).toBeGreaterThan(1e6);
});

it('batch sizes', async () => {
  metrics.observeBatch(1);
  metrics.observeBatch(50);
  expect(await valueAt('faasbatch_batch_size_bucket{le="1"}')).toBe(1);
  expect(await valueAt('faasbatch_batch_size_sum')).toBe(51);
});

it('two workers of one process do not meet', async () => {
  const other = new Metrics({
    containersByState: () => ({}),
    queueLength: () => 0,
    invocationsInFlight: () => 0,
    startsInFlight: () => 0,
  });
  other.observe(OUTCOME);
  expect(await valueAt('faasbatch_invocations_total{status="ok",code=""}')).toBe(0);
});
