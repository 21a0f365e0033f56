/**
 * `npm test`: builds what is stale, starts services if it may, runs every test and ends with one line of counts.
 *
 * - `INSTALL_SERVICES=1`: installs (as root, with apt-get) and starts what is missing of redis-server and docker.io.
 * - `REQUIRE_SERVICES=1`: a skipped test is a failed one, but for those that need what no machine can be asked for.
 *
 * Arguments go to vitest: `npm test -- test/unit/config.test.ts`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asError } from '../src/protocol/errors.ts';
import { buildIfStale } from './helpers/build.ts';
import { SUMMARY_FILE_VARIABLE, type TestSummary } from './helpers/countReporter.ts';
import { type OwnServices, startOwnServices } from './helpers/ownServices.ts';
import { PROJECT_ROOT } from './helpers/projectRoot.ts';
import { MAY_BE_ABSENT } from './helpers/services.ts';

const say = (text: string): void => console.log(`npm test: ${text}`);

async function main(): Promise<number> {
  // Ctrl-C reaches all that was started from here; each ends by itself, and what was made is removed below.
  process.on('SIGINT', () => {});
  const folder = mkdtempSync(join(tmpdir(), 'faasbatch-tests-'));
  const summaryFile = join(folder, 'summary.json');
  let services: OwnServices | undefined;
  try {
    buildIfStale();
    services = process.env['INSTALL_SERVICES'] === '1' ? await startOwnServices(say) : undefined;
    const code = await runVitest({ ...services?.environment, [SUMMARY_FILE_VARIABLE]: summaryFile });
    return conclude(code, summaryFile);
  } catch (thrown) {
    console.error(asError(thrown).message);
    return conclude(1, summaryFile);
  } finally {
    await services?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runVitest(environment: NodeJS.ProcessEnv): Promise<number> {
  const vitest = join(PROJECT_ROOT, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', `--reporter=${join(PROJECT_ROOT, 'test/helpers/countReporter.ts')}`];
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...environment },
    stdio: 'inherit',
  });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** Prints the skips with their reasons and, as the last line, the counts. */
function conclude(code: number, summaryFile: string): number {
  const summary: TestSummary = existsSync(summaryFile)
    ? JSON.parse(readFileSync(summaryFile, 'utf8'))
    : { passed: 0, failed: 1, skipped: [] };
  const required = process.env['REQUIRE_SERVICES'] === '1';
  const missing = summary.skipped.filter(
    ({ reason }) => required && !MAY_BE_ABSENT.some((text) => reason.includes(text)),
  );
  for (const { name, reason } of summary.skipped) say(`skipped: ${name}: ${reason}`);
  for (const { name } of missing) say(`failed, because REQUIRE_SERVICES=1 allows no such skip: ${name}`);
  const failed = Math.max(summary.failed, code === 0 ? 0 : 1) + missing.length;
  console.log(`Tests: ${summary.passed} passed, ${failed} failed, ${summary.skipped.length - missing.length} skipped`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
