import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../src/results/summary.ts';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';
import { accountedFor, summariesIn, TestHome } from '../helpers/replayCli.ts';

const SLICE = join(PROJECT_ROOT, '../shared/data/azure/AzureFunctionsInvocationTraceForTwoWeeksJan2021.first998.csv');

let home: TestHome;

beforeAll(async () => {
  home = await TestHome.create();
});

afterAll(async () => {
  await home.remove();
});

describe('faasbatch replay', () => {
  it('replays the CPU preset under several strategies and prints an object for each', async () => {
    const runs = await home.json<RunSummary[]>(
      'replay',
      ...['--strategy', 'vanilla,vanilla-original,faasbatch', '--start', '8s', '--duration', '2s'],
    );
    expect(runs.map(({ strategy }) => strategy)).toEqual(['vanilla', 'vanilla-original', 'faasbatch']);
    for (const run of runs) {
      expect(run.invocations).toMatchObject({ scheduled: 92, ok: 92, lost: 0, dropped: 0, failed: 0 });
      expect(accountedFor(run)).toBe(run.invocations.scheduled);
      expect(run.store).toMatchObject({ database: 'faasbatch', documents: 92 });
      expect(run.latencyMs.endToEnd.p98).toBeGreaterThan(0);
      expect(run.containers.started).toBeGreaterThan(0);
      expect(run.workScale).toMatchObject({ mode: 'calibrated' });
    }
    const [vanilla, original, batched] = runs;
    expect(vanilla?.batches.maxSize).toBe(1);
    expect(batched?.batches.count).toBeLessThan(92);
    expect(batched?.containers.started).toBeLessThan(original?.containers.started ?? 0);
  });

  it('replays the I/O preset; multiplexing makes a client once a container', async () => {
    const [vanilla, batched] = await home.json<RunSummary[]>(
      'replay',
      ...['io', '--strategy', 'vanilla,faasbatch', '--start', '8s', '--duration', '2s'],
    );
    expect(vanilla?.invocations.ok).toBe(vanilla?.invocations.scheduled);
    expect(batched?.invocations.ok).toBe(batched?.invocations.scheduled);
    expect(vanilla?.multiplexer).toEqual({ created: vanilla?.invocations.scheduled, reused: 0 });
    expect(batched?.multiplexer.created).toBe(batched?.containers.started);
  });

  it('keeps what there is when it is interrupted', async () => {
    const command = home.start('replay', '--strategy', 'faasbatch', '--json');
    await expect.poll(() => command.pidsOf('agent.js'), { timeout: 30_000 }).not.toEqual([]);
    command.interrupt();
    const ended = await command.ended;
    expect(ended.code).toBe(3);
    const [run] = summariesIn(ended);
    if (run === undefined) throw new Error('nothing was printed');
    expect(run.invocations.dropped).toBeGreaterThan(0);
    expect(run.invocations.ok).toBeGreaterThan(0);
    expect(run.invocations.lost).toBe(0);
    expect(accountedFor(run)).toBe(800);
    expect(run.store?.documents).toBe(800);
  });

  it('says what is wrong with what was typed', async () => {
    const strategy = await home.run('replay', '--strategy', 'faasbtch');
    expect(strategy).toMatchObject({ code: 2, stdout: '' });
    expect(strategy.stderr).toContain('Did you mean "faasbatch"?');
    const option = await home.run('replay', '--stategy', 'vanilla');
    expect(option).toMatchObject({ code: 2, stdout: '' });
    expect(option.stderr).toContain('--strategy');
    const missing = await home.run('replay', 'no-such-trace.csv');
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('no-such-trace.csv');
    const placement = await home.run('replay', '--placement', 'random');
    expect(placement.code).toBe(2);
    const functions = await home.run('replay', '--functions', 'many');
    expect(functions.code).toBe(2);
    expect(functions.stderr).toContain('--functions: "many"');
    const unknown = await home.run('replay', '--function', 'nobody', '--duration', '1s');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('nobody');
  });

  it.skipIf(!existsSync(SLICE))(`replays a real slice, a hundred times as fast (needs ${SLICE})`, async () => {
    const command = home.start('replay', SLICE, '--speed', '100', '--json');
    const ended = await command.ended;
    const [run] = summariesIn(ended);
    expect(run?.invocations).toMatchObject({ scheduled: 998, error: 0, failed: 0, lost: 0, dropped: 0, rejected: 0 });
    // At this speed calls wait for 1 s at most, and two dozen functions start in the first one: how many make it
    // depends on the machine (two idle cores: 990 and more).
    expect(run?.invocations.ok).toBeGreaterThanOrEqual(900);
    expect(ended.code).toBe(0);
  });

  it('leaves no process, folder or function of its own', async () => {
    expect(await readdir(join(home.path, 'x', 'faasbatch')).catch(() => [])).toEqual([]);
    for (const run of await readdir(join(home.path, 'runs'))) {
      const files = await readdir(join(home.path, 'runs', run));
      expect(files).not.toContain('functions');
      expect(files).toContain('summary.json');
      const { config } = JSON.parse(await readFile(join(home.path, 'runs', run, 'run.json'), 'utf8'));
      expect(config['worker.dispatchIntervalMs']).toBe(200);
    }
  });
});
