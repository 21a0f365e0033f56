import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Host } from '../../src/config/host.ts';
import { CONFIG_FIELDS, type ConfigRequest, type ResolvedConfig, resolveConfig } from '../../src/config/resolve.ts';
import { describeSource, type Written } from '../../src/config/source.ts';
import { FaasError } from '../../src/protocol/errors.ts';

const host: Host = { cores: 6, memoryBytes: 10 * 2 ** 30, home: '/home/of/tests' };
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faasbatch-config-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function resolved(request: ConfigRequest = {}): ResolvedConfig {
  return resolveConfig({ folder, environment: {}, host, ...request });
}

function file(content: string, name = 'faasbatch.yaml'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function flags(values: Record<string, unknown>): Map<string, Written> {
  return new Map(
    Object.entries(values).map(([path, value]) => [path, { value, source: { kind: 'flag', flag: `--${path}` } }]),
  );
}

function problems(request: ConfigRequest): readonly string[] {
  try {
    resolved(request);
  } catch (thrown) {
    if (thrown instanceof FaasError && thrown.code === 'invalid_config') {
      return (thrown.details['problems'] as string[] | undefined) ?? [thrown.message];
    }
    throw thrown;
  }
  throw new Error('expected a complaint');
}

function sourceOf(config: ResolvedConfig, path: string): string | undefined {
  const setting = config.settings.find(({ field }) => field.path === path);
  return setting && describeSource(setting.source);
}

describe('defaults', () => {
  test('are those of the schema, and what the host decides', () => {
    const { common, worker, store, replay } = resolved();
    expect(common).toEqual({ home: '/home/of/tests', seed: 5432 });
    expect(worker).toMatchObject({ home: '/home/of/tests', seed: 5432, port: 8080, dispatchIntervalMs: 200 });
    expect(worker).toMatchObject({ cores: 6, maxStartsInFlight: 6, memoryBudgetMb: 8192, strategyParameters: {} });
    expect(store).toMatchObject({ database: 'faasbatch' });
    expect('url' in store).toBe(false);
    expect(replay).toMatchObject({ workload: 'cpu', speed: 1 });
  });

  test('of the host follow what was given: starts in flight follow the cores', () => {
    const { worker } = resolved({ environment: { FAASBATCH_CORES: '3' } });
    expect(worker).toMatchObject({ cores: 3, maxStartsInFlight: 3 });
  });

  test('cannot be changed by whoever holds them', () => {
    const { worker } = resolved();
    expect(() => Object.assign(worker, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(worker.strategyParameters, { window: 'arrival' })).toThrow(TypeError);
  });
});

describe('precedence', () => {
  test('is defaults < file < environment < flags, for each value alone', () => {
    file('worker:\n  port: 1\n  maxContainers: 1\n  maxBatchSize: 1\nseed: 1\n');
    const config = resolved({
      environment: { FAASBATCH_PORT: '2', FAASBATCH_MAX_CONTAINERS: '2' },
      flags: flags({ 'worker.port': '3' }),
    });
    expect(config.worker).toMatchObject({ port: 3, maxContainers: 2, maxBatchSize: 1, seed: 1, maxAttempts: 5 });
    expect(sourceOf(config, 'worker.port')).toBe('--worker.port');
    expect(sourceOf(config, 'worker.maxContainers')).toBe('FAASBATCH_MAX_CONTAINERS');
    expect(sourceOf(config, 'worker.maxBatchSize')).toBe(join(folder, 'faasbatch.yaml'));
    expect(sourceOf(config, 'worker.maxAttempts')).toBe('default');
    expect(sourceOf(config, 'worker.cores')).toBe('default on this machine');
  });

  test('an empty variable counts as unset', () => {
    expect(resolved({ environment: { FAASBATCH_PORT: '' } }).worker.port).toBe(8080);
  });

  test('the file is the named one, of --config before FAASBATCH_CONFIG, or the one of the working folder', () => {
    file('seed: 1');
    const other = file('seed: 2', 'other.yaml');
    file('seed: 3', 'third.yaml');
    expect(resolved().common.seed).toBe(1);
    expect(resolved({ environment: { FAASBATCH_CONFIG: 'third.yaml' } }).common.seed).toBe(3);
    const config = resolved({ environment: { FAASBATCH_CONFIG: 'third.yaml' }, file: 'other.yaml' });
    expect(config.common.seed).toBe(2);
    expect(config.file).toBe(other);
    expect(problems({ file: 'missing.yaml' })).toEqual([
      `there is no configuration file ${join(folder, 'missing.yaml')}`,
    ]);
  });

  test('every field has a variable and a flag of its own', () => {
    const flagged = CONFIG_FIELDS.filter((field) => !field.facts.secret).map((field) => field.flag);
    expect(new Set(flagged).size).toBe(flagged.length);
    expect(new Set(CONFIG_FIELDS.map((field) => field.environment)).size).toBe(CONFIG_FIELDS.length);
  });
});

describe('units', () => {
  test.each([
    ['200ms', 200],
    ['0.2s', 200],
    ['.5s', 500],
    ['50', 50],
    ['1m', 60_000],
  ])('a duration of %s is %d ms', (written, expected) => {
    expect(resolved({ environment: { FAASBATCH_DISPATCH_INTERVAL_MS: written } }).worker.dispatchIntervalMs).toBe(
      expected,
    );
    file(`worker:\n  dispatchIntervalMs: ${written}\n`);
    expect(resolved().worker.dispatchIntervalMs).toBe(expected);
  });

  test.each([
    ['512', 512],
    ['16KB', 16_384],
    ['6MB', 6 * 2 ** 20],
    ['1.5 MiB', 1.5 * 2 ** 20],
  ])('a size of %s is %d bytes', (written, expected) => {
    expect(resolved({ flags: flags({ 'worker.maxPayloadBytes': written }) }).worker.maxPayloadBytes).toBe(expected);
  });

  test.each([
    ['512', 512],
    ['512MB', 512],
    ['2GB', 2048],
  ])('a budget of %s is %d MB', (written, expected) => {
    expect(resolved({ environment: { FAASBATCH_MEMORY_BUDGET_MB: written } }).worker.memoryBudgetMb).toBe(expected);
  });

  test('a path is relative to the file that says it, or else to the working folder', () => {
    mkdirSync(join(folder, 'inner'));
    file('home: data\n', 'inner/faasbatch.yaml');
    expect(resolved({ file: 'inner/faasbatch.yaml' }).common.home).toBe(join(folder, 'inner/data'));
    expect(resolved({ environment: { FAASBATCH_HOME: 'data' } }).common.home).toBe(join(folder, 'data'));
  });

  test('pairs keep numbers and booleans', () => {
    const written = { 'worker.strategyParameters': 'window=arrival, depth=3,join=true' };
    expect(resolved({ flags: flags(written) }).worker.strategyParameters).toEqual({
      window: 'arrival',
      depth: 3,
      join: true,
    });
  });

  test('lists are split at commas', () => {
    const keys = ['a'.repeat(16), 'b'.repeat(20)];
    expect(resolved({ environment: { FAASBATCH_API_KEYS: keys.join(', ') } }).worker.apiKeys).toEqual(keys);
  });
});

describe('complaints', () => {
  test('name the field, the value, the rule and the source', () => {
    expect(problems({ environment: { FAASBATCH_PORT: '70000' } })).toEqual([
      'worker.port: "70000" must be a whole number, 0 or more, at most 65535 (from FAASBATCH_PORT)',
    ]);
    const path = file('worker:\n  maxBatchSize: 2.5\n');
    expect(problems({})).toEqual([
      `worker.maxBatchSize: 2.5 must be a whole number, 1 or more, at most 10000 (from ${path})`,
    ]);
  });

  test('come all at once', () => {
    const environment = { FAASBATCH_PORT: 'http', FAASBATCH_DISPATCH_INTERVAL_MS: '0', FAASBATCH_RELEASE: 'batches' };
    expect(problems({ environment })).toEqual([
      expect.stringContaining('worker.port: "http"'),
      expect.stringMatching(/^worker.dispatchIntervalMs: "0" must be a duration .* more than 0 ms/),
      expect.stringContaining('must be one of each, batch; did you mean batch?'),
    ]);
  });

  test.each([
    ['portt: 1', 'portt: no such setting; did you mean worker.port?'],
    ['worker:\n  dispatchInterval: 200ms', 'did you mean worker.dispatchIntervalMs?'],
    ['stroe:\n  database: x', 'stroe: no such setting; did you mean store?'],
    ['worker: 3', 'worker: must be a section with fields of its own, got 3'],
    ['- a', 'must hold fields'],
    ['worker: {port: 1', 'is not YAML'],
  ])('of the file %j say %j', (content, expected) => {
    file(content);
    expect(problems({}).join()).toContain(expected);
  });

  test('of a variable that nobody reads suggest the nearest', () => {
    expect(problems({ environment: { FAASBATCH_DISPATCH_INTERVAL: '200' } })).toEqual([
      'FAASBATCH_DISPATCH_INTERVAL: no such setting; did you mean FAASBATCH_DISPATCH_INTERVAL_MS? (from FAASBATCH_DISPATCH_INTERVAL)',
    ]);
  });

  test('of the docker engine say when it comes', () => {
    expect(problems({ flags: flags({ 'worker.engine': 'docker' }) })[0]).toMatch(/docker engine is not part of this/);
  });

  test.each([
    ['FAASBATCH_CORES', '0x10'],
    ['FAASBATCH_CORES', '2.5'],
    ['FAASBATCH_CORES', '-1'],
    ['FAASBATCH_KEEP_ALIVE_MS', '-1s'],
    ['FAASBATCH_MAX_PAYLOAD_BYTES', '6 potatoes'],
    ['FAASBATCH_STRATEGY_PARAMETERS', 'window'],
    ['FAASBATCH_API_KEYS', 'short'],
    ['COUCHDB_URL', 'localhost:5984'],
  ])('%s=%s is refused', (variable, value) => {
    expect(problems({ environment: { [variable]: value } })).toHaveLength(1);
  });
});

describe('secrets', () => {
  test('come from the environment only', () => {
    file('store:\n  password: hunter2\n');
    expect(problems({})[0]).toMatch(/^store.password: secrets are taken from COUCHDB_PASSWORD only/);
    expect(problems({})[0]).not.toContain('hunter2');
  });

  test('inside COUCHDB_URL become user and password, unless these are given themselves', () => {
    const environment = { COUCHDB_URL: 'http://me:p%40ss@db.example:5984' };
    expect(resolved({ environment }).store).toMatchObject({
      url: 'http://db.example:5984/',
      user: 'me',
      password: 'p@ss',
    });
    const both = { ...environment, COUCHDB_USER: 'other', COUCHDB_PASSWORD: 'own' };
    expect(resolved({ environment: both }).store).toMatchObject({ user: 'other', password: 'own' });
  });

  test('are refused inside URLs of files and flags, and not repeated', () => {
    const [complaint] = problems({ flags: flags({ 'store.url': 'http://me:hunter2@db.example' }) });
    expect(complaint).toMatch(/must not carry credentials.*COUCHDB_URL/);
    expect(complaint).not.toContain('hunter2');
  });

  test('are not shown', () => {
    const environment = {
      COUCHDB_URL: 'http://me:hunter2@db.example:5984',
      REDIS_URL: 'redis://:hunter2@cache.example:6379',
      FAASBATCH_API_KEYS: 'hunter2'.repeat(3),
    };
    const { settings, common } = resolved({ environment });
    expect(JSON.stringify(settings.map((setting) => setting.shown))).not.toContain('hunter2');
    expect(settings.find(({ field }) => field.path === 'store.password')?.shown).toBe('(hidden)');
    expect(common.redisUrl).toContain('hunter2');
  });

  test('are not shown in complaints about them', () => {
    expect(problems({ environment: { FAASBATCH_API_KEYS: 'hunter2' } })[0]).not.toContain('hunter2');
    expect(problems({ environment: { COUCHDB_URL: 'me:hunter2@db.example' } })[0]).not.toContain('hunter2');
  });
});
