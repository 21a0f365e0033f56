import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';
import type { ReplayMessage } from '../../src/replay/messages.ts';
import type { ReplayPlan } from '../../src/replay/plan.ts';
import { accountsMatch, ends, prepareRun, type ReplayRun, steady, type TestCall } from '../helpers/replayRun.ts';
import { type ReplayTarget, startReplayTarget } from '../helpers/replayTarget.ts';

let target: ReplayTarget;
const runs: ReplayRun[] = [];
const children: ChildProcess[] = [];

async function prepare(calls: readonly TestCall[], plan: Partial<ReplayPlan> = {}): Promise<ReplayRun> {
  const run = await prepareRun(plan.target ?? target.origin, calls, plan);
  runs.push(run);
  return run;
}

function start(helper: string, ...args: string[]): ChildProcess {
  const path = fileURLToPath(new URL(`../helpers/${helper}.ts`, import.meta.url));
  const child = fork(path, args, { execArgv: ['--import', 'tsx'] });
  children.push(child);
  return child;
}

/** A watcher of messages, and what resolves once so many calls were sent. */
function untilSent(count: number): { onMessage: (message: ReplayMessage) => void; reached: Promise<void> } {
  const { promise, resolve } = deferred<void>();
  const onMessage = (message: ReplayMessage): void => {
    if (message.type === 'progress' && message.counts.sent >= count) resolve();
  };
  return { onMessage, reached: promise };
}

beforeEach(async () => {
  target = await startReplayTarget();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await target.close();
  await Promise.all(runs.splice(0).map((run) => run.remove()));
});

describe('an interrupted replay', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`sends no more on ${signal}, lets calls in flight end, and counts the rest as dropped`, async () => {
      const run = await prepare(steady(2_000, 10, 'sleep', { ms: 150 }));
      const { onMessage, reached } = untilSent(20);
      const replayer = run.start(onMessage);
      await reached;
      process.kill(Number(replayer.pid), signal);
      const result = await replayer.result;
      expect(result).toMatchObject({ end: 'interrupted', error: null, counts: { lost: 0 } });
      expect(result.counts.ok).toBe(target.arrived.length);
      expect(result.counts.ok + result.counts.dropped).toBe(2_000);
      expect(accountsMatch(await run.records(), result)).toBe(true);
    });
  }

  test('waits no longer than the plan allows', async () => {
    const run = await prepare(steady(2_000, 10, 'hold'), { drainTimeoutMs: 200 });
    const { onMessage, reached } = untilSent(20);
    const replayer = run.start(onMessage);
    await reached;
    replayer.stop();
    const result = await replayer.result;
    expect(result.counts.lost).toBe(target.arrived.length);
    expect(result.counts.lost + result.counts.dropped).toBe(2_000);
    expect(accountsMatch(await run.records(), result)).toBe(true);
  });

  test('gives up at once on a second signal', async () => {
    const run = await prepare(steady(2_000, 10, 'hold'), { drainTimeoutMs: 600_000 });
    const { onMessage, reached } = untilSent(5);
    const replayer = run.start(onMessage);
    await reached;
    process.kill(Number(replayer.pid), 'SIGINT');
    const again = setInterval(() => process.kill(Number(replayer.pid), 'SIGTERM'), 100);
    const result = await replayer.result.finally(() => clearInterval(again));
    expect(result.end).toBe('interrupted');
    expect(result.counts.lost + result.counts.dropped).toBe(2_000);
  });

  test('ends when its parent is killed, with every record written', async () => {
    const run = await prepare(steady(2_000, 10, 'ok'));
    const parent = start('replayParentMain', run.planPath);
    const pid = await new Promise<number>((resolve) => {
      parent.on('message', (passed: { pid: number; message: ReplayMessage }) => {
        if (passed.message.type === 'progress' && passed.message.counts.sent >= 20) resolve(passed.pid);
      });
    });
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await vi.waitUntil(() => !isAlive(pid), 10_000);
    const records = await run.records();
    expect(records).toHaveLength(2_000);
    expect(records.filter(({ status }) => status === 'ok')).toHaveLength(target.arrived.length);
  });
});

describe('a target that goes away', () => {
  test('killed in mid-run: what it answered is kept, the rest is lost or dropped', async () => {
    const victim = start('replayTargetMain');
    const [{ origin }] = (await once(victim, 'message')) as [{ origin: string }];
    const calls = [...steady(50, 10, 'hold'), ...steady(2_000, 10, 'ok')].sort((a, b) => a.atMs - b.atMs);
    const run = await prepare(calls, { target: origin });
    const { onMessage, reached } = untilSent(150);
    const replayer = run.start(onMessage);
    await reached;
    victim.kill('SIGKILL');
    const result = await replayer.result;
    expect(result).toMatchObject({ end: 'target-gone', error: { code: 'target_unreachable' } });
    expect(result.counts.ok).toBeGreaterThan(0);
    expect(result.counts.lost).toBeGreaterThanOrEqual(50);
    expect(result.counts.dropped).toBeGreaterThan(1_000);
    expect(accountsMatch(await run.records(), result)).toBe(true);
  });

  test('as the parent knows first: calls in flight are lost within a moment', async () => {
    const run = await prepare(steady(2_000, 10, 'hold'), { drainTimeoutMs: 600_000 });
    const { onMessage, reached } = untilSent(10);
    const replayer = run.start(onMessage);
    await reached;
    replayer.targetGone();
    const result = await replayer.result;
    expect(result.end).toBe('target-gone');
    expect(ends(result)).toEqual({ lost: target.arrived.length, dropped: 2_000 - target.arrived.length });
    expect(accountsMatch(await run.records(), result)).toBe(true);
  });

  test('not there from the start: nothing is sent, and every call has its record', async () => {
    await target.close();
    const run = await prepare(steady(100, 10, 'ok'));
    const result = await run.start().result;
    expect(result).toMatchObject({ end: 'target-gone', error: { code: 'target_unreachable' } });
    expect(ends(result)).toEqual({ dropped: 100 });
    expect(accountsMatch(await run.records(), result)).toBe(true);
  });
});

describe('a fault on this side', () => {
  test('a schedule that cannot be read is told with its file', async () => {
    const run = await prepare(steady(2, 10, 'ok'));
    await writeFile(`${run.folder}/schedule.json`, '{"calls": [');
    await expect(run.start().result).rejects.toThrow(/schedule \S+schedule\.json cannot be used/);
  });

  test('records that cannot be written end the replay with the reason', async () => {
    const run = await prepare(steady(2_000, 10, 'ok'), { clientRecordsPath: '/dev/full' });
    const result = await run.start().result;
    expect(result).toMatchObject({ end: 'failed', error: { code: 'replayer_failed' } });
    expect(result.error?.message).toContain('ENOSPC');
    expect(result.counts.ok + result.counts.dropped).toBe(2_000);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
