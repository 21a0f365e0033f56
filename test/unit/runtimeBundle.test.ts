import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { AGENT, bundleRuntime } from '../helpers/containerHarness.ts';

const FOLDER = join(AGENT, '..');

interface Metafile {
  readonly outputs: Readonly<
    Record<string, { inputs: Record<string, unknown>; bytes: number; imports: { path: string }[] }>
  >;
}

describe('the bundled runtime', () => {
  let metafile: Metafile;

  beforeAll(() => {
    bundleRuntime();
    metafile = JSON.parse(readFileSync(`${FOLDER}.metafile.json`, 'utf8')) as Metafile;
  });

  function output(name: string) {
    const [, found] = Object.entries(metafile.outputs).find(([path]) => path.endsWith(`/${name}`)) ?? [];
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }

  test('holds our own code and Piscina, and nothing else', () => {
    const allowed = /^(src\/(runtime|protocol|lib)\/|node_modules\/piscina\/)/;
    const foreign = Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.keys(inputs).filter((path) => !allowed.test(path)),
    );
    expect(foreign).toEqual([]);
  });

  test('gives threads no more than they need', () => {
    const inputs = Object.keys(output('thread.js').inputs);
    expect(inputs.filter((path) => path.includes('piscina') || path.includes('/main/'))).toEqual([]);
    expect(Object.keys(output('agent.js').inputs).filter((path) => path.includes('/thread/'))).toEqual([]);
    expect(output('agent.js').bytes).toBeLessThan(160_000);
    expect(output('thread.js').bytes).toBeLessThan(60_000);
  });

  test('imports handlers by a real import()', () => {
    expect(readFileSync(join(FOLDER, 'thread.js'), 'utf8')).toMatch(/await import\(/);
  });
});
