import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanEnvironment } from '../helpers/cli.ts';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';
import { readmeCommands } from '../helpers/readmeCommands.ts';
import { freePort } from '../helpers/replayCli.ts';

/** The project as a newcomer sees it, in a folder that may be littered. */
let folder: string;
let log = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fb-'));
  const kept = (await readdir(PROJECT_ROOT)).filter((name) => !name.startsWith('.'));
  for (const name of kept) await symlink(join(PROJECT_ROOT, name), join(folder, name));
  await runReadme();
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** All in one shell, as they stand there but for the ports; each with a line that says how it ended. */
async function runReadme(): Promise<void> {
  const [storePort, port] = [await freePort(), await freePort()];
  const lines = readmeCommands()
    .filter((command) => !command.startsWith('npm '))
    .map((command) => command.replaceAll('15984', String(storePort)).replaceAll('8080', String(port)))
    .flatMap((command) => [
      `echo '>>> ${command.replaceAll("'", '"')}'`,
      command,
      'echo "<<< $?"',
      // Somebody who types waits until the worker says that it is there.
      ...(command.endsWith('&') ? [`until curl -sf http://127.0.0.1:${port}/readyz; do sleep 0.1; done`] : []),
    ]);
  const shell = spawn('bash', ['-c', `set -m\n${lines.join('\n')}\nwait`], {
    cwd: folder,
    env: {
      ...cleanEnvironment(),
      FAASBATCH_HOME: join(folder, 'home'),
      XDG_RUNTIME_DIR: join(folder, 'x'),
      FAASBATCH_STORE_EMBEDDED_PORT: String(storePort),
      FAASBATCH_PORT: String(port),
      FAASBATCH_URL: `http://127.0.0.1:${port}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  await new Promise((resolve) => shell.on('close', resolve));
}

it.each(
  readmeCommands()
    .filter((command) => !command.startsWith('npm '))
    .map((command, index) => [command, index]),
)('%s', (_command, index) => {
  const part = log.split('>>> ')[index + 1];
  expect(part, log).toMatch(/<<< 0\n/);
});

it('answers what it says it answers', async () => {
  expect(log).toContain('"count"');
  expect(log).toContain('"docs"');
  expect(log).toContain('hello');
  const exported = await readFile(join(folder, 'invocations.csv'), 'utf8');
  expect(exported.split('\n').length).toBeGreaterThan(100);
  expect(await readdir(join(folder, 'x', 'faasbatch')).catch(() => [])).toEqual([]);
});
