import { describe, expect, it } from 'vitest';
import { latenciesOf, STAGES } from '../../src/protocol/latency.ts';

const TIMES = {
  acceptedAt: 100,
  dispatchedAt: 160,
  executionStartedAt: 163,
  executionEndedAt: 203,
  completedAt: 210,
};

describe('latencies', () => {
  it('are the differences that the design defines', () => {
    expect(latenciesOf(TIMES)).toEqual({
      scheduling: 60,
      coldStart: 0,
      queueing: 3,
      execution: 40,
      batchCompletion: 7,
      total: 110,
    });
    expect(Object.keys(latenciesOf(TIMES)).sort()).toEqual([...STAGES].sort());
  });

  it.each([
    ['ready before the invocation came', 10, 90, 0],
    ['ready as it came', 10, 100, 0],
    ['under way as it came', 80, 140, 40],
    ['wholly within the wait', 110, 150, 40],
    ['ready when it was dispatched', 110, 160, 50],
    ['the whole wait', 90, 160, 60],
    ['dispatched before it was ready (early binding)', 110, 190, 50],
    ['requested after dispatch', 170, 190, 0],
  ])('cold start: %s', (_what, containerStartRequestedAt, containerReadyAt, expected) => {
    expect(latenciesOf({ ...TIMES, containerStartRequestedAt, containerReadyAt }).coldStart).toBe(expected);
  });

  it('of stages that were not reached are absent', () => {
    const { acceptedAt, dispatchedAt, executionStartedAt, completedAt } = TIMES;
    expect(latenciesOf({ acceptedAt, completedAt })).toEqual({ total: 110 });
    expect(latenciesOf({ acceptedAt, dispatchedAt, completedAt })).toEqual({
      total: 110,
      scheduling: 60,
      coldStart: 0,
    });
    expect(latenciesOf({ acceptedAt, dispatchedAt, executionStartedAt, completedAt })).toEqual({
      total: 110,
      scheduling: 60,
      coldStart: 0,
      queueing: 3,
    });
  });
});
