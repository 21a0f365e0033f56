import { describe, expect, it } from 'vitest';
import { parseManifest, parseManifestYaml } from '../../src/functions/manifest.ts';
import { formatFunctionName, parseFunctionName } from '../../src/functions/name.ts';
import type { Violation } from '../../src/functions/violations.ts';
import { FaasError } from '../../src/protocol/errors.ts';

const MINIMAL = { name: 'echo', handler: 'handler.mjs' };

function violationsOf(value: unknown): readonly Violation[] {
  try {
    parseManifest(value);
  } catch (thrown) {
    if (thrown instanceof FaasError && thrown.code === 'invalid_manifest') {
      return thrown.details['violations'] as Violation[];
    }
    throw thrown;
  }
  return [];
}

describe('a manifest', () => {
  it('has defaults for all but name and handler', () => {
    expect(parseManifestYaml('name: echo\nhandler: handler.mjs\n')).toEqual({
      ...MINIMAL,
      kind: 'io',
      cpus: null,
      memoryMb: 256,
      timeoutMs: 60_000,
      concurrency: null,
      batch: false,
      idempotent: false,
      network: 'none',
      multiplex: [],
      release: [],
      env: {},
      maxContainers: null,
    });
  });

  it('may say everything', () => {
    const text = `
name: resize
handler: src/index.js
kind: cpu
cpus: 1.5
memoryMb: 512
timeoutMs: 30s
concurrency: 4
batch: true
idempotent: true
network: bridge
multiplex: [ioredis]
release: [quit]
env: { REGION: eu, PORT: "80" }
maxContainers: 3
`;
    expect(parseManifestYaml(text)).toMatchObject({ cpus: 1.5, timeoutMs: 30_000, env: { REGION: 'eu', PORT: '80' } });
  });

  it('takes an empty field for one that is not there', () => {
    expect(parseManifestYaml('name: echo\nhandler: handler.mjs\nenv:\nkind:\n')).toMatchObject({ env: {}, kind: 'io' });
  });

  it.each([
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['250', 250],
    [250, 250],
  ])('reads the duration %j', (timeoutMs, expected) => {
    expect(parseManifest({ ...MINIMAL, timeoutMs }).timeoutMs).toBe(expected);
  });

  it.each([
    ['name', 'Echo'],
    ['name', '-echo'],
    ['name', 'x'.repeat(64)],
    ['name', 7],
    ['handler', '/etc/handler.mjs'],
    ['handler', '../handler.mjs'],
    ['handler', 'a/../../handler.mjs'],
    ['handler', './handler.mjs'],
    ['handler', 'a\\handler.mjs'],
    ['handler', 'handler.py'],
    ['handler', '.mjs'.repeat(100)],
    ['kind', 'gpu'],
    ['cpus', 0],
    ['cpus', '2'],
    ['memoryMb', 15],
    ['memoryMb', 64.5],
    ['timeoutMs', 0],
    ['timeoutMs', 'soon'],
    ['timeoutMs', '25h'],
    ['timeoutMs', Number.POSITIVE_INFINITY],
    ['concurrency', 0],
    ['batch', 'yes'],
    ['idempotent', 1],
    ['network', 'wifi'],
    ['multiplex', 'ioredis'],
    ['env', ['A=1']],
    ['maxContainers', 1.5],
  ])('%s may not be %j', (field, value) => {
    const violations = violationsOf({ ...MINIMAL, [field]: value });
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatchObject({ field, rule: expect.stringMatching(/^must be ./) });
    if (field !== 'env') expect(violations[0]?.value).toContain(JSON.stringify(value).slice(0, 20));
  });

  it('points at the entry that is wrong', () => {
    expect(violationsOf({ ...MINIMAL, multiplex: ['a', 7] })).toMatchObject([{ field: 'multiplex.1', value: '7' }]);
  });

  it('keeps the values of variables to itself', () => {
    const violations = violationsOf({ ...MINIMAL, env: { TOKEN: 123456 } });
    expect(violations).toMatchObject([{ field: 'env.TOKEN', rule: expect.stringContaining('quotes') }]);
    expect(JSON.stringify(violations)).not.toContain('123456');
    expect(violationsOf({ ...MINIMAL, env: { 'not-a-name': 'x' } })).toHaveLength(1);
  });

  it('is told of every violation, and of the field that was meant', () => {
    const violations = violationsOf({ nam: 'echo', memoryMb: 1, tiemoutMs: 3, zzz: 1 });
    expect(violations.map(({ field }) => field)).toEqual(['nam', 'tiemoutMs', 'zzz', 'name', 'handler', 'memoryMb']);
    expect(violations.map(({ suggestion }) => suggestion)).toEqual([
      'name',
      'timeoutMs',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(violations[3]?.rule).toMatch(/is missing/);
    expect(() => parseManifest({ nam: 'echo', memoryMb: 1 }, 'a/function.yaml')).toThrow(
      /^a\/function\.yaml breaks 4 rules:\n {2}nam: is no field; .*Did you mean name\?\n/,
    );
  });

  it.each([[null], [[]], ['text'], [7]])('is a mapping, not %j', (value) => {
    expect(violationsOf(value)).toHaveLength(1);
  });

  it('is told of the line that is no YAML', () => {
    expect(() => parseManifestYaml('name: echo\nhandler: [oops\n')).toThrow(/line [23]: /);
    expect(() => parseManifestYaml('name: a\nname: b\nhandler: h.js')).toThrow(/unique/);
    expect(() => parseManifestYaml('')).toThrow(/must be a mapping/);
  });

  it('has no prototype to be polluted', () => {
    expect(violationsOf(JSON.parse('{"name":"a","handler":"h.js","__proto__":{"kind":"cpu"}}'))).toMatchObject([
      { field: '__proto__' },
    ]);
  });
});

describe('a name', () => {
  it.each([
    ['echo', { namespace: 'default', name: 'echo' }, 'echo'],
    ['default/echo', { namespace: 'default', name: 'echo' }, 'echo'],
    ['team/echo', { namespace: 'team', name: 'echo' }, 'team/echo'],
  ])('%s', (text, parsed, formatted) => {
    expect(parseFunctionName(text)).toEqual(parsed);
    expect(formatFunctionName(parsed)).toBe(formatted);
  });

  it.each(['', '/', 'a/', '/a', 'a/b/c', '..', '../a', 'A', 'a_b', 'a b'])('%j is none', (text) => {
    expect(() => parseFunctionName(text)).toThrow(FaasError);
  });
});
