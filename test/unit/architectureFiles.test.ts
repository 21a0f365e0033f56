import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';

/** Hosts that package managers fetch from; in pieces, so that this file names none either. */
const REGISTRY_HOSTS = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['registry', 'npmmirror', 'com'],
  ['files', 'pythonhosted', 'org'],
  ['pypi', 'org'],
  ['proxy', 'golang', 'org'],
  ['registry-1', 'docker', 'io'],
].map((parts) => parts.join('.'));

const LARGEST_TEXT_BYTES = 16 * 2 ** 20;

/** What the project holds: known to git, or new and not ignored. */
function projectFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: PROJECT_ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  return [...new Set(listed.split('\0'))].filter(
    (name) => name !== '' && statSync(join(PROJECT_ROOT, name), { throwIfNoEntry: false })?.isFile(),
  );
}

/** The registry that this machine is set up for, whatever its name. */
function configuredHosts(): string[] {
  const configured = process.env['npm_config_registry'];
  return configured !== undefined && URL.canParse(configured) ? [new URL(configured).hostname] : [];
}

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const locked: Record<string, Locked> = JSON.parse(
  readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8'),
).packages;

describe('the lock file', () => {
  test('has what other platforms need: npm ci refuses it otherwise', () => {
    const missing = Object.entries(locked).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !(`node_modules/${name}` in locked || `${path}/node_modules/${name}` in locked))
        .map((name) => `${path} wants ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test('says of every package what it must hold, of none where it comes from', () => {
    const entries = Object.entries(locked).filter(([path]) => path !== '');
    expect(entries.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
    expect(entries.filter(([, entry]) => entry.integrity === undefined && !entry.link)).toEqual([]);
  });
});

describe('package registries', () => {
  test('are named nowhere in the project', () => {
    const hosts = [...REGISTRY_HOSTS, ...configuredHosts()];
    const wrong = projectFiles().flatMap((name) => {
      const path = join(PROJECT_ROOT, name);
      if (statSync(path).size > LARGEST_TEXT_BYTES) return [];
      const text = readFileSync(path, 'utf8');
      return hosts.filter((host) => text.includes(host)).map((host) => `${name} names ${host}`);
    });
    expect(wrong).toEqual([]);
  });
});
