import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { readJsonFile, writeJsonFile } from '../../src/lib/jsonFile.ts';
import { isSameProcess, processStartTime } from '../../src/lib/processIdentity.ts';
import { temporaryFolder } from '../helpers/resultRecords.ts';

describe('JSON files', () => {
  test('are written whole, and leave nothing else behind', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a.json');
    await Promise.all(Array.from({ length: 20 }, (_, n) => writeJsonFile(path, { n, text: 'x'.repeat(100_000) })));
    expect(await readJsonFile(path)).toMatchObject({ text: 'x'.repeat(100_000) });
    expect(await readdir(folder)).toEqual(['a.json']);
    await expect(writeJsonFile(join(folder, 'none', 'a.json'), {})).rejects.toThrow('ENOENT');
  });

  test('may be absent, but not broken', async () => {
    const path = join(temporaryFolder(), 'a.json');
    expect(await readJsonFile(path)).toBeUndefined();
    await writeFile(path, '{"a":');
    await expect(readJsonFile(path)).rejects.toThrow(`${path} is not JSON`);
  });
});

test('a process is known by its pid and start time, while it lives', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const startTime = processStartTime(pid) ?? '';
  expect(startTime).not.toBe('');
  expect(isSameProcess(pid, startTime)).toBe(true);
  expect(isSameProcess(pid, 'another')).toBe(false);
  child.kill('SIGKILL');
  await vi.waitFor(() => expect(isSameProcess(pid, startTime)).toBe(false));
});
