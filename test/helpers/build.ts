import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from './projectRoot.ts';

const SOURCES = ['src', 'runtime-image', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];

/**
 * Builds `dist` if something that goes into it is newer. `SKIP_BUILD=1` takes it as it is.
 * @throws if the build fails: tests of an old build would say nothing
 */
export function buildIfStale(): void {
  if (process.env['SKIP_BUILD'] || newest(SOURCES) <= modifiedAt(join(PROJECT_ROOT, 'dist/.built'))) return;
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: PROJECT_ROOT, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`npm run build failed:\n${built.stdout}${built.stderr}`);
}

function newest(paths: readonly string[]): number {
  const times = paths.flatMap((path) => {
    const start = join(PROJECT_ROOT, path);
    const inside = statSync(start).isDirectory() ? readdirSync(start, { recursive: true, encoding: 'utf8' }) : [];
    return [start, ...inside.map((name) => join(start, name))].map(modifiedAt);
  });
  return Math.max(...times);
}

/** 0 for what does not exist. */
function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
