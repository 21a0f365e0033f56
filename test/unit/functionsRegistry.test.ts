import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/functions/digest.ts';
import { type CodeFile, checkFiles, DEFAULT_CODE_LIMITS } from '../../src/functions/files.ts';
import { parseManifest } from '../../src/functions/manifest.ts';
import { FunctionRegistry } from '../../src/functions/registry.ts';
import { RETENTION_MS } from '../../src/functions/versions.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'faasbatch-functions-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const file = (path: string, text = ''): CodeFile => ({ path, bytes: Buffer.from(text) });
const manifestOf = (name: string, fields: Record<string, unknown> = {}) =>
  parseManifest({ name, handler: 'handler.mjs', ...fields });
const deployment = (name: string, code: string, namespace = 'default') => ({
  namespace,
  manifest: manifestOf(name),
  files: [file('handler.mjs', code), file('lib/deep/x.js', 'x')],
});

describe('deploying', () => {
  it('puts the code in place', async () => {
    const functions = await FunctionRegistry.open(root);
    const { deployed, changed } = await functions.deploy(deployment('echo', 'one'));
    expect(changed).toBe(true);
    expect(deployed.key).toBe(`default/echo@${deployed.digest.slice(0, 12)}`);
    expect(deployed.codePath).toBe(join(root, 'default', 'echo', deployed.digest.slice(0, 12), 'code'));
    expect(await readFile(join(deployed.codePath, 'handler.mjs'), 'utf8')).toBe('one');
    expect(await readFile(join(deployed.codePath, 'lib/deep/x.js'), 'utf8')).toBe('x');
    expect(functions.get('echo')).toBe(functions.get('default/echo'));
    expect(functions.version(deployed.key)).toBe(deployed);
    expect(await readdir(join(root, '.incoming'))).toEqual([]);
  });

  it('the same content again is no new version', async () => {
    const functions = await FunctionRegistry.open(root);
    const first = await functions.deploy(deployment('echo', 'one'));
    const files = [...deployment('echo', 'one').files].reverse();
    const second = await functions.deploy({ ...deployment('echo', 'one'), files });
    expect(second).toEqual({ deployed: first.deployed, changed: false });
  });

  it('another content is; going back is a change, and finds the old version', async () => {
    const functions = await FunctionRegistry.open(root);
    const one = (await functions.deploy(deployment('echo', 'one'))).deployed;
    const two = (await functions.deploy(deployment('echo', 'two'))).deployed;
    expect(functions.get('echo')).toEqual(two);
    expect(functions.version(one.key)).toEqual(one);
    const back = await functions.deploy(deployment('echo', 'one'));
    expect(back).toEqual({ deployed: one, changed: true });
    expect((await FunctionRegistry.open(root)).get('echo')).toEqual(one);
    expect(await readdir(join(one.codePath, '..'))).not.toContain('retired');
    expect(await readdir(join(two.codePath, '..'))).toContain('retired');
  });

  it('keeps namespaces apart', async () => {
    const functions = await FunctionRegistry.open(root);
    await functions.deploy(deployment('echo', 'one'));
    await functions.deploy(deployment('echo', 'two', 'team'));
    expect(functions.get('echo')?.digest).not.toBe(functions.get('team/echo')?.digest);
    expect(functions.list().map(({ namespace }) => namespace)).toEqual(['default', 'team']);
  });

  it('many at once, of one function and of several, ends with the last of each', async () => {
    const functions = await FunctionRegistry.open(root);
    const all = Array.from({ length: 20 }, (_, index) => deployment(`f${index % 3}`, `code ${index}`));
    const results = await Promise.all(all.map((each) => functions.deploy(each)));
    for (const index of [17, 18, 19]) expect(functions.get(`f${index % 3}`)).toEqual(results[index]?.deployed);
    const reopened = await FunctionRegistry.open(root);
    expect(reopened.list()).toEqual(functions.list());
  });

  it('two processes that deploy the same agree', async () => {
    const registries = await Promise.all([FunctionRegistry.open(root), FunctionRegistry.open(root)]);
    const results = await Promise.all(registries.map((each) => each.deploy(deployment('echo', 'one'))));
    expect(results[0]?.deployed.codePath).toBe(results[1]?.deployed.codePath);
    expect(await readdir(join(root, '.incoming'))).toEqual([]);
  });

  it('goes on after one that failed', async () => {
    const functions = await FunctionRegistry.open(root);
    await expect(functions.deploy({ ...deployment('echo', 'one'), files: [] })).rejects.toThrow(/not among the files/);
    await expect(functions.deploy({ ...deployment('echo', 'one'), namespace: '../x' })).rejects.toThrow(/namespace/);
    expect((await functions.deploy(deployment('echo', 'one'))).changed).toBe(true);
  });

  it('mends a version whose writing was cut off', async () => {
    const functions = await FunctionRegistry.open(root);
    const { deployed } = await functions.deploy(deployment('echo', 'one'));
    await functions.remove('echo');
    await writeFile(join(deployed.codePath, '..', 'version.json'), '{"half');
    expect((await functions.deploy(deployment('echo', 'one'))).changed).toBe(true);
    expect((await FunctionRegistry.open(root)).get('echo')?.digest).toBe(deployed.digest);
  });
});

describe('the next start', () => {
  it('knows what was deployed', async () => {
    const before = await FunctionRegistry.open(root);
    await before.deploy(deployment('echo', 'one'));
    await before.deploy(deployment('fib', 'two', 'team'));
    const after = await FunctionRegistry.open(root);
    expect(after.list()).toEqual(before.list());
    expect(after.problems).toEqual([]);
  });

  it('tells what it cannot read, and reads the rest', async () => {
    const before = await FunctionRegistry.open(root);
    const { deployed } = await before.deploy(deployment('broken', 'one'));
    await before.deploy(deployment('whole', 'two'));
    await writeFile(join(deployed.codePath, '..', 'version.json'), 'nonsense');
    await mkdir(join(root, 'default', 'Not_A_Name'));
    const after = await FunctionRegistry.open(root);
    expect(after.list().map(({ manifest }) => manifest.name)).toEqual(['whole']);
    expect(after.problems).toHaveLength(1);
    expect(after.problems[0]).toContain(join(root, 'default', 'broken'));
  });

  it('deletes what was retired long ago, and only that', async () => {
    const before = await FunctionRegistry.open(root);
    const old = (await before.deploy(deployment('echo', 'one'))).deployed;
    const recent = (await before.deploy(deployment('echo', 'two'))).deployed;
    const current = (await before.deploy(deployment('echo', 'three'))).deployed;
    const longAgo = (Date.now() - RETENTION_MS) / 1_000 - 60;
    await utimes(join(old.codePath, '..', 'retired'), longAgo, longAgo);
    await utimes(join(current.codePath, '..'), longAgo, longAgo);
    await FunctionRegistry.open(root);
    const left = (await readdir(join(root, 'default', 'echo'))).sort();
    expect(left).toEqual(
      [current, recent]
        .map(({ digest }) => digest.slice(0, 12))
        .concat('current')
        .sort(),
    );
  });
});

describe('removing', () => {
  it('takes the name away and leaves the version', async () => {
    const functions = await FunctionRegistry.open(root);
    const { deployed } = await functions.deploy(deployment('echo', 'one'));
    expect(await functions.remove('default/echo')).toEqual(deployed);
    expect(functions.get('echo')).toBeUndefined();
    expect(functions.get('default/echo')).toBeUndefined();
    expect(functions.version(deployed.key)).toEqual(deployed);
    expect(await readFile(join(deployed.codePath, 'handler.mjs'), 'utf8')).toBe('one');
    expect((await FunctionRegistry.open(root)).list()).toEqual([]);
    await expect(functions.remove('echo')).rejects.toThrow(/no function "echo"/);
  });

  it('is followed by a deployment like the first', async () => {
    const functions = await FunctionRegistry.open(root);
    await functions.deploy(deployment('echo', 'one'));
    await functions.remove('echo');
    expect((await functions.deploy(deployment('echo', 'one'))).changed).toBe(true);
    expect(functions.get('echo')).toBeDefined();
  });
});

it('a name that is not there suggests one that is', async () => {
  const functions = await FunctionRegistry.open(root);
  await functions.deploy(deployment('resize', 'one', 'team'));
  expect(() => functions.require('team/rezise')).toThrow('Did you mean "team/resize"?');
  expect(() => functions.require('qqq')).toThrow(/deployed\.$/);
});

describe('files', () => {
  it.each([
    ['../evil.js', /`\.\.`/],
    ['a/../../evil.js', /`\.\.`/],
    ['./a.js', /`\.`/],
    ['/etc/passwd', /relative/],
    ['a//b.js', /empty/],
    ['a/', /empty/],
    ['', /empty/],
    ['a\\b.js', /backslash/],
    ['a\0b', /NUL/],
    ['x'.repeat(256), /255/],
    ['xxxxxxx/'.repeat(200), /empty/],
    [`${'xxxxxxx/'.repeat(200)}x`, /1024/],
  ])('cannot be called %j', (path, rule) => {
    const files = [file('handler.mjs'), file(path)];
    expect(() => checkFiles(files, 'handler.mjs', DEFAULT_CODE_LIMITS)).toThrow(rule);
  });

  it('cannot be in the way of each other', () => {
    const check =
      (...paths: string[]) =>
      () =>
        checkFiles(
          paths.map((path) => file(path)),
          'handler.mjs',
          DEFAULT_CODE_LIMITS,
        );
    expect(check('handler.mjs', 'handler.mjs')).toThrow(/twice/);
    expect(check('handler.mjs', 'a/b/c.js', 'a')).toThrow(/which is a file/);
    expect(check('handler.mjs', 'a/b/c.js', 'a/b.js', 'ab')).not.toThrow();
  });

  it('are bounded in size and number', () => {
    const limits = { maxCodeBytes: 10, maxFiles: 2 };
    const check =
      (...files: CodeFile[]) =>
      () =>
        checkFiles(files, 'h.js', limits);
    expect(check(file('h.js', '0123456789'))).not.toThrow();
    expect(check(file('h.js', '01234'), file('b', '567890'))).toThrow(/maxCodeBytes allows 10/);
    expect(check(file('h.js'), file('b'), file('c'))).toThrow(/maxFiles allows 2/);
  });

  it('include the handler', () => {
    expect(() => checkFiles([file('handler.mjs')], 'handlre.mjs', DEFAULT_CODE_LIMITS)).toThrow(
      'Did you mean "handler.mjs"?',
    );
  });
});

describe('the digest', () => {
  const manifest = manifestOf('echo');

  it('does not depend on order', () => {
    const files = [file('a', '1'), file('b', '2')];
    const reversed = Object.fromEntries(Object.entries(manifest).reverse()) as unknown as typeof manifest;
    expect(digestOf(reversed, [...files].reverse())).toBe(digestOf(manifest, files));
    expect(digestOf(manifest, files)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('depends on everything else', () => {
    const digests = [
      digestOf(manifest, [file('a', '1'), file('b', '2')]),
      digestOf(manifest, [file('a', '12'), file('b', '')]),
      digestOf(manifest, [file('a1', ''), file('b', '2')]),
      digestOf(manifest, [file('a', '1b2')]),
      digestOf(manifest, []),
      digestOf(manifestOf('echo', { memoryMb: 128 }), [file('a', '1'), file('b', '2')]),
      digestOf(manifestOf('echo', { env: { A: '1' } }), [file('a', '1'), file('b', '2')]),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});
