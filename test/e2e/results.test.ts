import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { writeJsonFile } from '../../src/lib/jsonFile.ts';
import type { ImportReport } from '../../src/results/importRun.ts';
import type { InvocationDocument } from '../../src/results/invocationDocument.ts';
import type { Answer } from '../../src/results/queries.ts';
import type { RunDocument } from '../../src/results/runDocument.ts';
import type { NewRun, RunFolder } from '../../src/results/runFolder.ts';
import { CLI_PATH, type CliRun, cleanEnvironment, faasbatch } from '../helpers/cli.ts';
import { appendCalls, appendLines, clientRecord, newRunFolder, platformRecord } from '../helpers/resultRecords.ts';

const home = mkdtempSync(join(tmpdir(), 'faasbatch-e2e-results-'));
const env = { FAASBATCH_HOME: home, FAASBATCH_STORE_EMBEDDED_PORT: '0' };
const results = (...commandLine: string[]): Promise<CliRun> => faasbatch(['results', ...commandLine], { env });

/** More than any pipe holds. */
const BATCHED_CALLS = 2_000;
const ids = { batched: '', vanilla: '' };
let imported: ImportReport[] = [];

/** A run folder whose process has ended: `calls` as resultRecords.ts makes them, then one that failed. */
async function endedRun(settings: Partial<NewRun>, calls: number): Promise<RunFolder> {
  const { folder, manifest } = await newRunFolder(home, { scheduled: calls + 1, ...settings });
  await writeJsonFile(folder.manifest, { ...manifest, owner: { pid: process.pid, startTime: 'before this process' } });
  await appendCalls({ folder, manifest }, 0, calls);
  const failed = { status: 'error', code: 'handler_error' } as const;
  await appendLines(folder.platformRecords, [platformRecord(manifest, calls, failed)]);
  await appendLines(folder.clientRecords, [
    clientRecord(manifest, calls, { ...failed, httpStatus: 500, receivedAt: manifest.epochAt + calls + 1_000 }),
  ]);
  return folder;
}

beforeAll(async () => {
  const vanilla = { strategy: 'vanilla', dispatchIntervalMs: null, parallelism: 'serial', multiplexing: 'off' };
  ids.batched = (await endedRun({}, BATCHED_CALLS)).runId;
  ids.vanilla = (await endedRun(vanilla, 9)).runId;
  const { code, stdout, stderr } = await results('import', join(home, 'runs', ids.batched), ids.vanilla, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  imported = JSON.parse(stdout) as ImportReport[];
});

afterAll(async () => {
  await faasbatch(['store', 'stop'], { env });
  rmSync(home, { recursive: true, force: true });
});

describe('an empty store', () => {
  test('says what to do next', async () => {
    const emptyHome = mkdtempSync(join(tmpdir(), 'faasbatch-e2e-empty-'));
    const ask = (...commandLine: string[]): Promise<CliRun> =>
      faasbatch(commandLine, { env: { ...env, FAASBATCH_HOME: emptyHome } });
    onTestFinished(async () => {
      await ask('store', 'stop');
      rmSync(emptyHome, { recursive: true, force: true });
    });
    for (const command of ['runs', 'query']) {
      const { code, stdout, stderr } = await ask('results', command);
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
      expect(stderr).toMatch(/^no run is stored: faasbatch replay makes one/);
    }
    expect(await ask('results', 'runs', '--json')).toMatchObject({ code: 0, stdout: '[]\n', stderr: '' });
    const shown = await ask('results', 'show', 'last');
    expect(shown).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('no run is stored in http') });
    expect(shown.stderr).toContain('hint: faasbatch replay makes one');
  });
});

describe('import', () => {
  test('feeds run folders, and may be repeated', async () => {
    const again = await results('import', ids.vanilla);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toMatch(
      new RegExp(`^${ids.vanilla}: 10 invocations are in http://127\\.0\\.0\\.1:\\d+/faasbatch\\n$`),
    );
    expect(imported).toMatchObject([
      { runId: ids.batched, delivered: BATCHED_CALLS + 1, undelivered: 0, problem: null },
      { runId: ids.vanilla, delivered: 10, summary: { invocations: { scheduled: 10, ok: 9, error: 1, lost: 0 } } },
    ]);
    expect(await stored()).toHaveLength(2);
  });

  test('suggests the folder that was meant, and refuses one that is no run folder', async () => {
    const misspelt = await results('import', join(home, 'runs', ids.batched.replace('faasbatch', 'fasbatch')));
    expect(misspelt).toMatchObject({ code: 1, stdout: '' });
    expect(misspelt.stderr).toContain(`hint: did you mean ${join(home, 'runs', ids.batched)}?`);
    expect(await results('import', home)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is no run folder'),
    });
  });
});

describe('runs', () => {
  test('are a table, the newest last', async () => {
    const { code, stdout } = await results('runs');
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect({ code, rows: rows.length }).toEqual({ code: 0, rows: 2 });
    expect(head).toMatch(/^RUN +STARTED +TRACE +STRATEGY +PLACEMENT +SEED +OK +CONTAINERS +MEAN +P98$/);
    expect(rows[0]).toMatch(
      new RegExp(`^${ids.batched} .* ago +paper \\(cpu\\) +faasbatch 200 ms +uniform +5432 +2000/2001 `),
    );
    expect(rows[1]).toMatch(new RegExp(`^${ids.vanilla} .* vanilla +uniform +5432 +9/10 `));
  });

  test('are limited and filtered', async () => {
    const last = await results('runs', '--limit', '1');
    expect(last.stdout).toContain(ids.vanilla);
    expect(last.stdout).not.toContain(ids.batched);
    expect(last.stderr).toBe('the newest 1 of 2\n');
    expect(await stored('--where', 'strategy=faasbatch,seed>5000')).toMatchObject([
      { runId: ids.batched, state: 'ended' },
    ]);
    const none = await results('runs', '--where', 'strategy=fasbatch');
    expect(none).toMatchObject({ code: 0, stdout: '' });
    expect(none.stderr).toBe('no stored run has strategy=fasbatch; strategy of those stored: faasbatch, vanilla\n');
  });

  test.each([
    [['--where', 'status=ok'], 'runs have no field "status"'],
    [['--where', 'stratgy=x'], 'Did you mean "strategy"?'],
    [['--limit', '0'], '--limit: "0" must be'],
  ])('asked for wrongly, %j, are a mistake', async (flags, message) => {
    expect(await results('runs', ...flags)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });
});

describe('show', () => {
  test('has settings, counters, latencies and a picture of them', async () => {
    const { code, stdout, stderr } = await results('show', ids.batched.slice(-4));
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${ids.batched}\n`));
    expect(stdout).toMatch(
      /calls +2000 of 2001 ok · 1 error\n[\s\S]*LATENCY +MEAN[\s\S]*end to end +21\.5 ms[\s\S]*100 %│.*●/,
    );
    expect(stderr).toContain(`faasbatch results query --where runId=${ids.batched}`);
  });

  test('takes last, and prints the stored document as JSON', async () => {
    const { stdout } = await results('show', 'last', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      _id: `run:${ids.vanilla}`,
      state: 'ended',
      folder: join(home, 'runs', ids.vanilla),
      summary: { latencyMs: { endToEnd: { max: 1_000 } } },
    });
  });

  test('suggests the run that was meant', async () => {
    const misspelt = ids.vanilla.replace('vanilla', 'vanila');
    expect(await results('show', misspelt)).toMatchObject({
      code: 1,
      stderr: `error: no run "${misspelt}" is stored\nhint: did you mean ${ids.vanilla}?\n`,
    });
    expect(await results('show', ids.vanilla.slice(0, 4))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('fits 2 runs'),
    });
  });
});

describe('compare', () => {
  test('puts runs side by side with ratios', async () => {
    const { code, stdout, stderr } = await results('compare', 'last~1', 'last');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^multiplexing +on +off$/m);
    expect(stdout).toMatch(/^calls +2001 +10 +×0\.00500$/m);
    expect(stdout).toMatch(/^end to end, mean +21\.5 ms +119 ms +×5\.5\d$/m);
    expect(stdout).toContain('● faasbatch 200 ms   ○ vanilla');
  });

  test('has every figure in JSON', async () => {
    const { stdout } = await results('compare', ids.batched, ids.vanilla, '--json');
    const { figures, summaries, doubts } = JSON.parse(stdout);
    expect({ summaries: summaries.length, doubts }).toEqual({ summaries: 2, doubts: [] });
    expect(figures).toContainEqual({ name: 'invocations.error', values: [1, 1], ratios: [1, 1] });
  });

  test.each([
    [['last'], 'one run cannot be compared'],
    [['last', 'last~0'], 'is named twice'],
  ])('needs several: %j', async (runs, message) => {
    expect(await results('compare', ...runs)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});

describe('query', () => {
  const QUESTION = ['--group-by', 'strategy,dispatchIntervalMs', '--metric', 'endToEnd', '--stat', 'mean,p98'];

  test('answers with a line for each group', async () => {
    const { code, stdout, stderr } = await results('query', ...QUESTION);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['strategy', 'dispatchIntervalMs', 'CALLS', 'endToEnd mean', 'endToEnd p98'],
      ['faasbatch', '200', '2001', '21.5 ms', '21.0 ms'],
      ['vanilla', '-', '10', '119 ms', '824 ms'],
    ]);
  });

  test('filters, and says in JSON which runs the figures are of', async () => {
    const { stdout } = await results(
      'query',
      ...QUESTION,
      '--where',
      'strategy=vanilla',
      '--where',
      'endToEnd>0.5s',
      '--json',
    );
    const answer = JSON.parse(stdout) as Answer;
    expect(answer).toMatchObject({ metric: 'endToEnd', stats: ['mean', 'p98'], runs: [ids.vanilla], mixed: [] });
    expect(answer.rows).toEqual([
      {
        group: { strategy: 'vanilla', dispatchIntervalMs: null },
        invocations: 1,
        values: { mean: 1_000, p98: 1_000 },
      },
    ]);
  });

  test('tells where it puts unlike runs together', async () => {
    const { stdout, stderr } = await results('query', '--stat', 'count');
    expect(stdout).toMatch(/^CALLS +count\n +2011 +2011\n$/);
    expect(stderr).toContain('of 2 runs, which differ in strategy, dispatchIntervalMs, parallelism, multiplexing too');
  });

  test('lists the fields that there are', async () => {
    const { code, stdout } = await results('query', '--fields');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^coldStart +time +invocation +the part of scheduling/m);
    expect(JSON.parse((await results('query', '--fields', '--json')).stdout)).toContainEqual(
      expect.objectContaining({ name: 'strategy', of: 'run' }),
    );
  });

  test.each([
    [['--group-by', 'strategi'], 'Did you mean "strategy"?'],
    [['--where', 'endToEnd>fast'], 'must be a time'],
    [['--metric', 'function'], 'is text'],
    [['--stat', 'median'], 'must be one of'],
  ])('refuses %j before it asks', async (flags, message) => {
    const wrong = await faasbatch(['results', 'query', ...flags], {
      env: { ...env, COUCHDB_URL: 'http://127.0.0.1:2' },
    });
    expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
    expect(wrong.stderr).toContain('hint: faasbatch results query --fields');
    const json = await results('query', ...flags, '--json');
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'invalid_query' } });
  });
});

describe('export', () => {
  test('streams CSV, or JSON', async () => {
    const csv = (await results('export', '--where', 'strategy=vanilla')).stdout.trimEnd().split('\n');
    expect(csv).toHaveLength(11);
    expect(csv[0]).toMatch(/^runId,trace,.*,endToEnd,/);
    const json = await results('export', '--format', 'json', '--where', 'status!=ok');
    expect((JSON.parse(json.stdout) as InvocationDocument[]).map(({ code }) => code)).toEqual([
      'handler_error',
      'handler_error',
    ]);
    expect((await results('export', '--json', '--where', 'status!=ok')).stdout).toBe(json.stdout);
  });

  test('writes a file, by the format that its name tells', async () => {
    const file = join(home, 'all.json');
    const { code, stdout } = await results('export', '--out', file);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^2011 invocations in ${file} \\([\\d.]+ MB\\)\\n$`));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveLength(2_011);
    expect(readdirSync(home).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('ends without an error when nobody reads on', async () => {
    const child = spawn(process.execPath, [CLI_PATH, 'results', 'export', '--format', 'json'], {
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.each([
    [['--format', 'xml'], 'no format "xml"'],
    [['--format', 'csv', '--json'], 'contradict'],
    [['--out', '/nowhere/all.csv'], 'cannot be written'],
  ])('refuses %j', async (flags, message) => {
    expect(await results('export', ...flags)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });
});

describe('rm', () => {
  test('says how many documents it deleted; the folder brings them back', async () => {
    const folder = join(home, 'runs', ids.vanilla);
    const removed = await results('rm', 'last');
    expect(removed.code).toBe(0);
    expect(removed.stdout).toMatch(new RegExp(`^${ids.vanilla}: 11 documents deleted from http.*; ${folder} stays\n$`));
    expect(removed.stderr).toContain(`faasbatch results import ${folder}`);
    expect(await stored()).toMatchObject([{ runId: ids.batched }]);
    expect((await results('import', folder)).code).toBe(0);
    expect(await stored()).toHaveLength(2);
  });

  test('deletes the folder too if asked, also of a run that is not stored', async () => {
    const { runId, path } = await endedRun({ strategy: 'short' }, 1);
    await results('import', path);
    const { stdout } = await results('rm', runId, '--folder', '--json');
    expect(JSON.parse(stdout)).toEqual([{ runId, documents: 3, folder: { path, removed: true } }]);
    expect(existsSync(path)).toBe(false);
    expect(await results('rm', runId, '--folder')).toMatchObject({ code: 1, stdout: '' });

    const unstored = await endedRun({ strategy: 'short' }, 1);
    expect((await results('rm', unstored.runId)).code).toBe(1);
    expect((await results('rm', unstored.runId, '--folder')).stdout).toContain('0 documents deleted');
    expect(existsSync(unstored.path)).toBe(false);
  });

  test('leaves runs alone that go on', async () => {
    const { folder } = await newRunFolder(home, { strategy: 'vanilla' });
    const refused = await results('rm', folder.runId, '--folder');
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`(pid ${process.pid})`) });
    expect(existsSync(folder.manifest)).toBe(true);
  });
});

describe('a store that cannot be asked', () => {
  test.each(['runs', 'query', 'export'])('%s: nobody answers', async (command) => {
    const run = await faasbatch(['results', command], { env: { ...env, COUCHDB_URL: 'http://127.0.0.1:2' } });
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/^error: CouchDB at http:\/\/127\.0\.0\.1:2 does not answer: .*\nhint: .*COUCHDB_URL/);
  });

  test('a database that is not there is not made', async () => {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const run = await results('runs', '--database', 'fasbatch');
      expect(run).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('there is no database "fasbatch" at http'),
      });
    }
  });
});

async function stored(...flags: string[]): Promise<RunDocument[]> {
  return JSON.parse((await results('runs', '--json', ...flags)).stdout) as RunDocument[];
}
