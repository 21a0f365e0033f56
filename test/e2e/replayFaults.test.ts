import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processStartTime } from '../../src/lib/processIdentity.ts';
import { accountedFor, type RunningCommand, summariesIn, TestHome } from '../helpers/replayCli.ts';

let home: TestHome;

beforeEach(async () => {
  home = await TestHome.create();
});

afterEach(async () => {
  await home.remove();
});

/** A replay of the three bursts, far enough for the disturbance to matter. */
async function underWay(...more: string[]): Promise<RunningCommand> {
  const command = home.start('replay', '--start', '8s', '--duration', '6s', '--json', ...more);
  await expect.poll(() => command.pidsOf('agent.js'), { timeout: 30_000 }).not.toEqual([]);
  return command;
}

function kill(pid: number | undefined): void {
  if (pid === undefined) throw new Error('there is nothing to kill');
  process.kill(pid, 'SIGKILL');
}

describe('a replay in which', () => {
  it('containers are killed loses nothing', async () => {
    const command = await underWay();
    for (let killed = 0; killed < 3; killed += 1) {
      await expect.poll(() => command.pidsOf('agent.js'), { timeout: 30_000 }).not.toEqual([]);
      const [pid] = await command.pidsOf('agent.js');
      kill(pid);
      await expect.poll(() => command.pidsOf('agent.js')).not.toContain(pid);
    }
    const ended = await command.ended;
    const [run] = summariesIn(ended);
    if (run === undefined) throw new Error(ended.stderr);
    expect(run.invocations).toMatchObject({ lost: 0, failed: 0, dropped: 0 });
    expect(run.invocations.ok + run.invocations.okAfterRetry).toBe(run.invocations.scheduled);
    expect(ended.code).toBe(0);
  });

  it('the store is killed loses nothing: what was not taken waits on disk', async () => {
    const command = await underWay();
    const { pid } = await home.json<{ pid: number }>('store', 'status');
    kill(pid);
    const ended = await command.ended;
    const [run] = summariesIn(ended);
    if (run === undefined) throw new Error(ended.stderr);
    expect(run.invocations).toMatchObject({ ok: run.invocations.scheduled, lost: 0 });
    expect(run.store?.documents).toBe(run.invocations.scheduled);
    const answer = await home.json<{ rows: { invocations: number }[] }>(
      'results',
      'query',
      '--where',
      `runId=${run.runId}`,
    );
    expect(answer.rows[0]?.invocations).toBe(run.invocations.scheduled);
  });

  it('the worker is killed accounts for every call, and leaves nothing behind', async () => {
    const command = await underWay();
    const runs = join(home.path, 'runs');
    const [runId = ''] = await readdir(runs);
    const clientHalves = async () =>
      (await readFile(join(runs, runId, 'client.ndjson'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
    await expect.poll(async () => (await clientHalves()).length, { timeout: 30_000 }).toBeGreaterThan(20);
    const containers = await command.pidsOf('agent.js');
    const [pid] = await command.pidsOf('worker/main.js');
    kill(pid);
    const ended = await command.ended;
    expect(ended.code).toBe(3);
    const [run] = summariesIn(ended);
    if (run === undefined) throw new Error(ended.stderr);
    expect(accountedFor(run)).toBe(run.invocations.scheduled);
    expect(run.invocations.dropped).toBeGreaterThan(0);
    expect(run.invocations.failed + run.invocations.error + run.invocations.timeout).toBe(0);
    expect(run.store?.documents).toBe(run.invocations.scheduled);
    // Every answered call is stored, at least as its client saw it: the worker took its last records with it.
    const answered = (await clientHalves()).filter((line) => line.includes('"status":"ok"')).length;
    expect(answered).toBeGreaterThan(20);
    const query = ['results', 'query', '--where', 'clientStatus=ok'];
    const stored = await home.json<{ rows: { invocations: number }[] }>(...query);
    expect(stored.rows[0]?.invocations).toBe(answered);

    const left = await home.json<{ leftovers: unknown[] }>('clean');
    expect(left.leftovers).not.toEqual([]);
    expect(await home.json<object>('clean')).toMatchObject({ leftovers: [] });
    expect(await readdir(join(home.path, 'x', 'faasbatch')).catch(() => [])).toEqual([]);
    expect(containers.filter((container) => processStartTime(container) !== undefined)).toEqual([]);
  });
});
