import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEFAULT_CODE_LIMITS } from '../../src/functions/files.ts';
import { readFunctionFolder } from '../../src/functions/folder.ts';
import { FaasError } from '../../src/protocol/errors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faasbatch-folder-'));
  await write('function.yaml', 'name: echo\nhandler: src/handler.mjs\n');
  await write('src/handler.mjs', 'export default (event) => event;');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), text);
}

const failure = (reading: Promise<unknown>): Promise<FaasError> =>
  reading.then(
    () => Promise.reject(new Error('it could be read')),
    (thrown: unknown) => (thrown instanceof FaasError ? thrown : Promise.reject(thrown)),
  );

it('reads manifest and code, and leaves out what is not code', async () => {
  await write('.git/HEAD', 'ref');
  await write('node_modules/dep/index.js', 'dep');
  await mkdir(join(folder, 'node_modules/.bin'));
  await symlink('../dep/index.js', join(folder, 'node_modules/.bin/dep'));
  await write('src/function.yaml', 'not the manifest');
  const { manifest, files } = await readFunctionFolder(folder);
  expect(manifest).toMatchObject({ name: 'echo', handler: 'src/handler.mjs', memoryMb: 256 });
  expect(files.map(({ path }) => path)).toEqual(['node_modules/dep/index.js', 'src/function.yaml', 'src/handler.mjs']);
  expect(Buffer.from(files[2]?.bytes ?? []).toString()).toContain('export default');
});

it('says that there is no manifest, or no folder', async () => {
  await rm(join(folder, 'function.yaml'));
  const none = await failure(readFunctionFolder(folder));
  expect([none.code, none.message]).toEqual([
    'invalid_manifest',
    expect.stringContaining(`${folder} has no function.yaml`),
  ]);
  const nowhere = await failure(readFunctionFolder(join(folder, 'nowhere')));
  expect(nowhere.message).toContain('is no folder');
});

it('says that the handler is missing', async () => {
  await rm(join(folder, 'src/handler.mjs'));
  await write('src/handle.mjs', '');
  const { code, message } = await failure(readFunctionFolder(folder));
  expect(code).toBe('invalid_code');
  expect(message).toContain('"src/handler.mjs" is not among the files. Did you mean "src/handle.mjs"?');
});

it('names the file whose manifest is wrong', async () => {
  await write('function.yaml', 'name: echo\n');
  const { message } = await failure(readFunctionFolder(folder));
  expect(message).toContain(`${join(folder, 'function.yaml')}: handler: is missing`);
});

it('refuses symbolic links', async () => {
  await symlink('/etc/passwd', join(folder, 'src/passwd'));
  const { code, message } = await failure(readFunctionFolder(folder));
  expect([code, message]).toEqual(['invalid_code', expect.stringContaining('"src/passwd" is a symbolic link')]);
});

it('stops reading at the limit', async () => {
  await write('large.bin', 'x'.repeat(1_000));
  const bytes = await failure(readFunctionFolder(folder, { ...DEFAULT_CODE_LIMITS, maxCodeBytes: 500 }));
  expect([bytes.code, bytes.details['limit']]).toEqual(['payload_too_large', 'maxCodeBytes']);
  const count = await failure(readFunctionFolder(folder, { ...DEFAULT_CODE_LIMITS, maxFiles: 1 }));
  expect(count.details['limit']).toBe('maxFiles');
});
