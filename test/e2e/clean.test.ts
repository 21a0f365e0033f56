import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { embeddedStoreStatus } from '../../src/results/embedded/control.ts';
import { createRunFolder, type NewRun } from '../../src/results/runFolder.ts';
import { TestHome } from '../helpers/replayCli.ts';
import { UpWorker } from '../helpers/upWorker.ts';

interface Cleaned {
  readonly dryRun: boolean;
  readonly leftovers: readonly { readonly path: string; readonly what: string; readonly bytes: number }[];
  readonly undelivered: readonly { readonly runId: string; readonly invocations: number; readonly import: string }[];
}

let home: TestHome;

beforeEach(async () => {
  home = await TestHome.create();
});

afterEach(async () => {
  await home.remove();
});

function clean(...flags: string[]): Promise<Cleaned> {
  return home.json<Cleaned>('clean', ...flags);
}

async function paths(...flags: string[]): Promise<string[]> {
  return (await clean(...flags)).leftovers.map(({ path }) => path);
}

/** The folders of workers' containers, which are beside the home's. */
function workFolder(workerId: string): string {
  return join(home.path, 'x/faasbatch', workerId);
}

/** A run folder as this process, which lives, would have made it; or one that is gone. */
async function runFolder(kind: NewRun['kind'], owner: 'lives' | 'gone'): Promise<string> {
  const run = { kind, strategy: 'faasbatch', versions: {}, config: {}, notes: [], scheduled: null };
  const { folder, manifest } = await createRunFolder(home.path, run as unknown as NewRun);
  if (owner === 'gone') {
    const gone = { ...manifest, owner: { ...manifest.owner, startTime: 'another time' } };
    writeFileSync(folder.manifest, JSON.stringify(gone));
  }
  return folder.path;
}

describe('clean', () => {
  test('has nothing to do on a machine that is tidy, or new', async () => {
    expect(await home.run('clean')).toEqual({ code: 0, signal: null, stdout: 'nothing to remove\n', stderr: '' });
    expect(existsSync(join(home.path, 'runs'))).toBe(false);
  });

  test('removes what a killed worker left, and nothing of one that lives', async () => {
    const [killed, living] = [await UpWorker.start(home), await UpWorker.start(home)];
    try {
      await killed.run('function', 'deploy', 'echo');
      await killed.run('invoke', 'echo', '--id', 'before-the-crash');
      await living.run('function', 'deploy', 'echo');
      await living.run('invoke', 'echo');
      expect(await paths('--dry-run')).toEqual([]);
      killed.command.kill();
      await killed.command.ended;

      const own = workFolder(killed.told.workerId);
      const found = await home.run('clean', '--dry-run');
      expect(found.stdout).toMatch(new RegExp(`^would remove +${own} +sockets and code .* \\d+(\\.\\d+)? K?B$`, 'm'));
      expect(existsSync(own)).toBe(true);
      const removed = await home.run('clean');
      expect(removed.stdout).toMatch(new RegExp(`^removed +${own} `, 'm'));
      expect(removed.stderr).toContain(`faasbatch results import ${killed.told.results?.folder}`);
      expect(existsSync(own)).toBe(false);

      expect(existsSync(workFolder(living.told.workerId))).toBe(true);
      expect(await living.run('invoke', 'echo', '--data', '1')).toMatchObject({ code: 0, stdout: '1' });
      expect(readdirSync(join(killed.told.results?.folder ?? '', 'segments'))).toHaveLength(1);
    } finally {
      await living.stop();
    }
    const folder = killed.told.results?.folder ?? '';
    expect(await home.run('results', 'import', folder)).toMatchObject({ code: 0 });
    expect(await home.run('clean')).toMatchObject({ stdout: 'nothing to remove\n', stderr: '' });
  });

  test('removes the functions and drafts of runs that have ended, and keeps their records', async () => {
    const [gone, lives] = [await runFolder('replay', 'gone'), await runFolder('replay', 'lives')];
    for (const run of [gone, lives]) {
      mkdirSync(join(run, 'functions/default'), { recursive: true });
      writeFileSync(join(run, 'accounts.json.4711.0a1b2c3d.tmp'), '{');
      writeFileSync(join(run, 'client.ndjson'), '{}\n{}\n{}\n');
      writeFileSync(join(run, 'platform.ndjson'), '{}\n');
    }
    const { leftovers, undelivered } = await clean();
    expect(leftovers.map(({ path }) => path).sort()).toEqual([
      join(gone, 'accounts.json.4711.0a1b2c3d.tmp'),
      join(gone, 'functions'),
    ]);
    expect(undelivered).toMatchObject([{ invocations: 3, import: `faasbatch results import ${gone}` }]);
    expect(readdirSync(gone).sort()).toEqual(['client.ndjson', 'platform.ndjson', 'run.json']);
    expect(readdirSync(lives)).toContain('functions');
  });

  test('points out what is not in the store, until a summary counts it', async () => {
    const replayed = await runFolder('replay', 'gone');
    writeFileSync(join(replayed, 'client.ndjson'), '{}\n{}\n');
    const served = await runFolder('up', 'gone');
    writeFileSync(join(served, 'segments/000000000.ndjson'), '{}\n');
    writeFileSync(join(served, 'segments/000000001.ndjson'), '{}\n{}\n');
    const counts = async () => (await clean('--dry-run')).undelivered.map(({ invocations }) => invocations).sort();
    expect(await counts()).toEqual([2, 3]);
    writeFileSync(join(replayed, 'summary.json'), JSON.stringify({ store: { documents: 2 } }));
    expect(await counts()).toEqual([3]);
  });

  test('removes the address of a store that was killed, and neither its data nor that of one that runs', async () => {
    const worker = await UpWorker.start(home);
    await worker.stop();
    const state = join(home.path, 'store/store.json');
    expect(await paths()).toEqual([]);
    expect(existsSync(state)).toBe(true);
    const { pid } = await embeddedStoreStatus(home.path);
    if (pid === null) throw new Error('no store runs');
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await embeddedStoreStatus(home.path)).running).toBe(false);
    const data = readdirSync(join(home.path, 'store')).filter((name) => name !== 'store.json');
    expect(await paths()).toEqual([state]);
    expect(readdirSync(join(home.path, 'store')).sort()).toEqual(data.sort());
  });

  test('leaves folders that nobody owns yet to whoever is making them', async () => {
    const [fresh, old] = [workFolder('wfresh'), workFolder('wold')];
    for (const path of [fresh, old]) mkdirSync(path, { recursive: true });
    const longAgo = Date.now() / 1_000 - 3_600;
    utimesSync(old, longAgo, longAgo);
    expect(await paths()).toEqual([old]);
    expect(existsSync(fresh)).toBe(true);
  });
});
