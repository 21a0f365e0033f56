import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';
import { readSources, type SourceFile } from '../helpers/sources.ts';

/** What each folder below `src` may import of the others. What is not listed here does not exist. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  protocol: ['lib'],
  config: ['lib', 'protocol'],
  metrics: ['lib', 'protocol'],
  functions: ['lib', 'protocol'],
  runtime: ['lib', 'protocol'],
  // It says what it wants of containers and queues in interfaces, which those implement.
  scheduling: ['lib', 'protocol'],
  queue: ['lib', 'protocol', 'scheduling'],
  containers: ['lib', 'protocol', 'scheduling'],
  gateway: ['lib', 'protocol', 'queue', 'functions', 'metrics'],
  traces: ['lib', 'protocol'],
  results: ['lib', 'protocol', 'config', 'metrics', 'traces'],
  replay: ['lib', 'protocol', 'functions', 'traces', 'results'],
  worker: [
    'lib',
    'protocol',
    'config',
    'queue',
    'metrics',
    'functions',
    'scheduling',
    'containers',
    'gateway',
    'results',
  ],
  cli: [
    'lib',
    'protocol',
    'config',
    'queue',
    'metrics',
    'functions',
    'scheduling',
    'containers',
    'gateway',
    'traces',
    'results',
    'replay',
    'worker',
  ],
};

/** Packages that reach a system outside, or own a task: each is imported in the one place that wraps it. */
const ONE_PLACE: Readonly<Record<string, readonly string[]>> = {
  dockerode: ['src/cli/probes/docker.ts'],
  ioredis: ['src/cli/probes/redis.ts'],
  nano: ['src/results/store.ts'],
  pouchdb: ['src/results/embedded/'],
  'pouchdb-find': ['src/results/embedded/'],
  'csv-parse': ['src/traces/'],
  piscina: ['src/runtime/'],
  fastify: ['src/gateway/', 'src/results/embedded/'],
  '@fastify/swagger': ['src/gateway/'],
  '@fastify/swagger-ui': ['src/gateway/'],
  '@fastify/type-provider-typebox': ['src/gateway/'],
  'prom-client': ['src/metrics/'],
  commander: ['src/cli/'],
  'cli-table3': ['src/cli/table.ts'],
  'cli-progress': ['src/cli/'],
  'fastest-levenshtein': ['src/lib/nearest.ts'],
};

const LONGEST_FILE = 400;
const LONG_FILE = 300;

const sources = readSources();
const dependencies = Object.keys(
  (JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as { dependencies: object }).dependencies,
);

describe('layers', () => {
  test('import only what lies below them', () => {
    const wrong = sources.flatMap((file) =>
      file.own
        .map((target) => target.split('/')[1] ?? '')
        .filter((layer) => layer !== file.layer && !(MAY_IMPORT[file.layer] ?? []).includes(layer))
        .map((layer) => `${file.path} imports from ${layer}`),
    );
    expect(wrong).toEqual([]);
  });

  test('are all in the table, which has no cycle', () => {
    expect([...new Set(sources.map((file) => file.layer))].filter((layer) => !(layer in MAY_IMPORT))).toEqual([]);
    const placed = new Set<string>();
    let left = Object.entries(MAY_IMPORT);
    while (left.length > 0) {
      const free = left.filter(([, below]) => below.every((layer) => placed.has(layer)));
      expect(free, `a cycle among ${left.map(([layer]) => layer)}`).not.toEqual([]);
      for (const [layer] of free) placed.add(layer);
      left = left.filter(([layer]) => !placed.has(layer));
    }
  });

  test('have no circle of files that need each other to run', () => {
    expect(circles(sources)).toEqual([]);
  });
});

describe('third-party packages', () => {
  test('that wrap a system are imported in one place', () => {
    const wrong = sources.flatMap((file) =>
      file.packages
        .filter((name) => ONE_PLACE[name]?.every((place) => !file.path.startsWith(place)))
        .map((name) => `${file.path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('are listed in package.json; what Node brings has its prefix', () => {
    const wrong = sources.flatMap((file) =>
      file.packages
        .filter((name) => !name.startsWith('node:') && !dependencies.includes(name))
        .map((name) => `${file.path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('scheduling', () => {
  test('strategies have no clock, timer or chance of their own', () => {
    const impure =
      /\b(setTimeout|setInterval|setImmediate|queueMicrotask|monotonicMs|performance|Math\.random|process)\b|\bDate\b/;
    const wrong = sources
      .filter((file) => file.path.startsWith('src/scheduling/strategies/'))
      .filter((file) => impure.test(withoutComments(file.text)) || file.packages.length > 0)
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  test('sets no timers', () => {
    const wrong = sources
      .filter((file) => file.layer === 'scheduling')
      .filter((file) => /\b(setTimeout|setInterval)\s*\(/.test(withoutComments(file.text)))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });
});

describe('the command line', () => {
  test('and the entries of processes are the only ones that know console, argv, signals and exit codes', () => {
    const outside = /\bconsole\.|\bprocess\.(std(out|err)\b|argv|exit\(|exitCode|once\(|on\()/;
    const wrong = sources
      // The runtime is a program of its own inside containers, whose console belongs to functions.
      .filter((file) => file.layer !== 'cli' && file.layer !== 'runtime' && !/[mM]ain\.ts$/.test(file.path))
      .filter((file) => outside.test(withoutComments(file.text)));
    expect(wrong.map((file) => file.path)).toEqual([]);
  });
});

describe('files', () => {
  test(`have at most ${LONGEST_FILE} lines`, async ({ annotate }) => {
    const lengths = sources.map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }));
    for (const { path, lines } of lengths.filter((file) => file.lines > LONG_FILE)) {
      await annotate(`${path} has ${lines} lines: does it have more than one subject?`, 'warning');
    }
    expect(lengths.filter((file) => file.lines > LONGEST_FILE)).toEqual([]);
  });
});

/** Files that can be reached from themselves, one chain for each circle. */
function circles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, chain: readonly string[]): void => {
    const start = chain.indexOf(path);
    if (start !== -1) found.push([...chain.slice(start), path].join(' → '));
    if (start !== -1 || done.has(path)) return;
    for (const next of byPath.get(path)?.ownValues ?? []) visit(next, [...chain, path]);
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  return found;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}
