import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { faasbatch } from '../helpers/cli.ts';

interface Written {
  readonly name: string;
  readonly folder: string;
  readonly files: readonly string[];
  readonly next: readonly string[];
}

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faasbatch-new-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What a handler needs of its context: made anew for each call, unlike in a container. */
const context = { resources: { get: async (_: string, make: () => unknown) => await make() } };

describe('function new', () => {
  test.each([
    ['io', { message: 'hello, world' }],
    ['cpu', { limit: 100_000, primes: 9_592 }],
  ])('writes one of kind %s that answers the event it suggests', async (kind, expected) => {
    const { code, stdout, stderr } = await faasbatch(['function', 'new', 'hello', '--kind', kind, '--json'], {
      cwd: folder,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const written = JSON.parse(stdout) as Written;
    expect(written).toMatchObject({ name: 'hello', folder: join(folder, 'hello') });
    expect(parse(readFileSync(join(folder, 'hello/function.yaml'), 'utf8'))).toMatchObject({ name: 'hello', kind });

    const event: unknown = JSON.parse(/--data '(.*)'/.exec(written.next.join())?.[1] ?? '');
    const handler = await import(pathToFileURL(join(folder, 'hello/handler.mjs')).href);
    expect(await handler.default(event, context)).toEqual(expected);
  });

  test('says what to type next', async () => {
    const { stdout, stderr } = await faasbatch(['function', 'new', 'hello'], { cwd: folder });
    expect(stdout).toBe(`wrote ${join(folder, 'hello/function.yaml')} and ${join(folder, 'hello/handler.mjs')}\n`);
    expect(stderr).toMatch(/faasbatch up\n.*function deploy \.\/hello\n.*invoke hello --data/);
  });

  test('never writes over what is there', async () => {
    await faasbatch(['function', 'new', 'hello'], { cwd: folder });
    const again = await faasbatch(['function', 'new', 'hello', '--kind', 'cpu'], { cwd: folder });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('is there already') });
    expect(readFileSync(join(folder, 'hello/function.yaml'), 'utf8')).toContain('kind: io');
  });

  test.each(['Hello', '-x', 'a_b', '../up', 'x'.repeat(64)])('refuses the name %s', async (name) => {
    const { code, stderr } = await faasbatch(['function', 'new', '--', name], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: name: ".*" must be /);
    expect(existsSync(join(folder, name, 'function.yaml'))).toBe(false);
  });
});
