import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { processStartTime } from '../../src/lib/processIdentity.ts';
import { startHttpEcho, startLauncher } from '../bench/bounds.ts';
import { temporaryFolder } from '../bench/platform.ts';
import { timeCalls } from '../bench/probe.ts';
import { idle, treeCpuUs, treeOf } from '../bench/processTree.ts';
import { Releases } from '../bench/releases.ts';

const isLinux = process.platform === 'linux';

async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some((pid) => processStartTime(pid) !== undefined))
    await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('bounds', () => {
  test('bare node:http answers what it was sent, in a process that ends when released', async () => {
    const releases = new Releases();
    const echo = await startHttpEcho(releases);
    expect(await timeCalls(echo.call(0), [0, 0])).toHaveLength(2);
    await releases.close();
    await gone([echo.pid]);
  });

  test.runIf(isLinux)('the launcher answers each call from a new process; all end with it', async () => {
    const releases = new Releases();
    const launcher = await startLauncher(await temporaryFolder(releases), releases);
    expect(treeOf(launcher.pid)).toEqual([launcher.pid]);
    await timeCalls(launcher.call(0), [0, 0]);
    const pids = treeOf(launcher.pid);
    expect(pids).toHaveLength(3);
    await releases.close();
    await gone(pids);
  });
});

describe('releases', () => {
  test('run once, the last first, also when one fails', async () => {
    const releases = new Releases();
    const ended: string[] = [];
    releases.add(() => void ended.push('first'));
    releases.add(() => Promise.reject(new Error('stuck')));
    releases.add(async () => void ended.push('last'));
    await expect(releases.close()).rejects.toThrow('stuck');
    await releases.close();
    expect(ended).toEqual(['last', 'first']);
  });

  test('remove a temporary folder', async () => {
    const releases = new Releases();
    const folder = await temporaryFolder(releases);
    expect(existsSync(folder)).toBe(true);
    await releases.close();
    expect(existsSync(folder)).toBe(false);
  });
});

describe.runIf(isLinux)('the CPU time of a process tree', () => {
  const BURNT_MS = 150;
  /** A process whose child burns CPU time, says so, and stays. */
  const CHILD = `const end = process.cpuUsage().user + ${BURNT_MS * 1_000};
    while (process.cpuUsage().user < end);
    process.stdout.write('burnt\\n'); setInterval(() => {}, 1e6);`;
  const PARENT = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(CHILD)}], { stdio: 'inherit' });
    process.stdin.resume().on('end', () => process.kill(0, 'SIGKILL'));`;

  test('has that of children; a tree with nothing to do is idle', async () => {
    const parent = spawn(process.execPath, ['-e', PARENT], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    onTestFinished(() => void parent.stdin.end());
    await once(createInterface(parent.stdout), 'line');
    const root = parent.pid ?? 0;
    expect(treeOf(root)).toHaveLength(2);
    const usedUs = treeCpuUs(root) ?? 0;
    expect(usedUs).toBeGreaterThan(BURNT_MS * 1_000);
    await idle([root]);
    expect((treeCpuUs(root) ?? 0) - usedUs).toBeLessThan(BURNT_MS * 1_000);
  });

  test('is unknown of a process that is not there', () => {
    expect(treeCpuUs(2 ** 30)).toBeUndefined();
  });
});
