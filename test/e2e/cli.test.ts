import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLI_PATH, cleanEnvironment, faasbatch } from '../helpers/cli.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faasbatch-cli-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('help', () => {
  test('is printed within 150 ms, with commands, examples and exit codes', async () => {
    const times: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const startedAt = performance.now();
      const { code, stdout, stderr } = await faasbatch(['--help']);
      times.push(performance.now() - startedAt);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const part of ['doctor', 'config', 'function', 'Examples:', 'Exit codes:']) expect(stdout).toContain(part);
    }
    expect(Math.min(...times)).toBeLessThan(150);
  });

  test('of a command has its options, the shared ones and examples', async () => {
    const { code, stdout } = await faasbatch(['function', 'new', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/--kind[\s\S]*Global Options:[\s\S]*--json[\s\S]*Examples:[\s\S]*faasbatch function new/);
    expect((await faasbatch(['help', 'function', 'new'])).stdout).toBe(stdout);
  });

  test('comes by itself, as a mistake, where a command is missing', async () => {
    expect(await faasbatch([])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Usage:') });
    expect(await faasbatch(['function'])).toMatchObject({ code: 2, stderr: expect.stringContaining('new') });
  });

  test('tells the version', async () => {
    expect(await faasbatch(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe('mistakes', () => {
  test.each([
    [['docter'], "unknown command 'docter'", 'did you mean doctor?'],
    [['doctor', '--jsn'], "unknown option '--jsn'", 'did you mean --json?'],
    [['function', 'nwe'], "unknown command 'nwe'", 'did you mean new?'],
    [['config', 'wroker'], 'no setting "wroker"', 'did you mean worker?'],
    [['function', 'new'], "missing required argument 'name'", 'faasbatch --help shows what there is'],
  ])('%j: %s', async (commandLine, message, hint) => {
    expect(await faasbatch(commandLine)).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `error: ${message}\nhint: ${hint}\n`,
    });
    const { code, stdout, stderr } = await faasbatch([...commandLine, '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'usage', message, hint } });
  });

  test('in the configuration end with 2 and one line', async () => {
    const { code, stderr } = await faasbatch(['config'], { env: { FAASBATCH_PORT: 'x' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: worker\.port: "x" must be .* \(from FAASBATCH_PORT\)\n$/);
  });
});

describe('config', () => {
  test('tells each value and where it came from, with shared options before or after the command', async () => {
    writeFileSync(join(folder, 'mine.yaml'), 'worker:\n  dispatchIntervalMs: 0.1s\n');
    const options = { cwd: folder, env: { FAASBATCH_PORT: '9000', COUCHDB_PASSWORD: 'hunter2' } };
    const before = await faasbatch(['--json', '--config', 'mine.yaml', '--home', folder, 'config'], options);
    const after = await faasbatch(['config', '--config', 'mine.yaml', '--home', folder, '--json'], options);
    expect(before).toEqual(after);
    expect(before.stdout).not.toContain('hunter2');
    expect(JSON.parse(before.stdout)).toMatchObject({
      file: join(folder, 'mine.yaml'),
      settings: {
        home: { value: folder, source: '--home' },
        'worker.port': { value: 9000, source: 'FAASBATCH_PORT' },
        'worker.dispatchIntervalMs': { value: 100, source: join(folder, 'mine.yaml') },
        'worker.strategy': { value: 'faasbatch', source: 'default' },
        'store.password': { value: '(hidden)', source: 'COUCHDB_PASSWORD' },
        'store.url': { value: null, source: 'default' },
      },
    });
  });

  test('prints a table of what was asked for', async () => {
    const { code, stdout } = await faasbatch(['config', 'worker.port', 'store'], { cwd: folder });
    expect(code).toBe(0);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^SETTING +VALUE +FROM$/);
    expect(rows.map((row) => row.split(' ')[0])).toEqual([
      'worker.port',
      'store.url',
      'store.user',
      'store.password',
      'store.database',
      'store.embeddedPort',
      'store.idleTimeoutMs',
    ]);
    expect(rows[0]).toMatch(/^worker\.port +8080 +default$/);
  });

  test('is quiet with -q', async () => {
    writeFileSync(join(folder, 'faasbatch.yaml'), 'seed: 1\n');
    expect((await faasbatch(['config', 'seed'], { cwd: folder })).stderr).toContain('read ');
    expect((await faasbatch(['config', 'seed', '-q'], { cwd: folder })).stderr).toBe('');
  });
});

describe('pipes', () => {
  test('that close early end the command without an error', async () => {
    // No pipe's buffer holds so much: the command is writing when the reader goes.
    const commandLine = [CLI_PATH, 'config', '--describe', ...Array.from({ length: 500 }, () => 'worker')];
    const child = spawn(process.execPath, commandLine, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
