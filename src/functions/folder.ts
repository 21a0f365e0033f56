import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FaasError } from '../protocol/errors.ts';
import type { FunctionManifest } from '../protocol/manifest.ts';
import { type CodeFile, type CodeLimits, checkFiles, DEFAULT_CODE_LIMITS, tooLarge } from './files.ts';
import { MANIFEST_FILE, parseManifestYaml } from './manifest.ts';

/** A function as it stands in a folder, ready to be deployed. */
export interface FunctionSource {
  readonly manifest: FunctionManifest;
  /** Without the manifest's own file. */
  readonly files: readonly CodeFile[];
}

/** What is in a folder because people work there; `.bin` is where npm links the commands of packages. */
const IGNORED = new Set(['.git', '.DS_Store', '.bin']);

/**
 * Reads a function from the disk.
 * @throws FaasError `invalid_manifest`, `invalid_code`, `payload_too_large`
 */
export async function readFunctionFolder(
  folder: string,
  limits: CodeLimits = DEFAULT_CODE_LIMITS,
): Promise<FunctionSource> {
  const path = resolve(folder);
  const manifest = parseManifestYaml(await readManifest(path), join(folder, MANIFEST_FILE));
  const files = await readCode(path, limits);
  checkFiles(files, manifest.handler, limits);
  return { manifest, files };
}

/**
 * Reads a function's code without its manifest, as a deployed version lies on the disk.
 * @throws FaasError `invalid_code`, `payload_too_large`
 */
export async function readCode(path: string, limits: CodeLimits = DEFAULT_CODE_LIMITS): Promise<readonly CodeFile[]> {
  const reader = new FolderReader(path, limits);
  await reader.read('');
  return reader.files;
}

async function readManifest(path: string): Promise<string> {
  try {
    return await readFile(join(path, MANIFEST_FILE), 'utf8');
  } catch (cause) {
    const found = await stat(path).catch(() => undefined);
    const why = found?.isDirectory() ? `has no ${MANIFEST_FILE} that can be read` : 'is no folder';
    throw new FaasError('invalid_manifest', `${path} ${why}`, {}, { cause });
  }
}

class FolderReader {
  readonly files: CodeFile[] = [];
  readonly #root: string;
  readonly #limits: CodeLimits;
  #bytes = 0;

  constructor(root: string, limits: CodeLimits) {
    this.#root = root;
    this.#limits = limits;
  }

  /** @param inside the folder's path below the root, '' or with a slash at its end */
  async read(inside: string): Promise<void> {
    const entries = await readdir(join(this.#root, inside), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (IGNORED.has(entry.name) || inside + entry.name === MANIFEST_FILE) continue;
      if (entry.isDirectory()) await this.read(`${inside}${entry.name}/`);
      else await this.#readFile(inside + entry.name, entry);
    }
  }

  async #readFile(path: string, entry: Dirent): Promise<void> {
    if (!entry.isFile()) {
      const what = entry.isSymbolicLink() ? 'a symbolic link' : 'neither a file nor a folder';
      throw new FaasError('invalid_code', `file ${JSON.stringify(path)} is ${what}; only files can be deployed`, {
        path,
      });
    }
    const { maxCodeBytes, maxFiles } = this.#limits;
    const { size } = await stat(join(this.#root, path));
    this.#bytes += size;
    if (this.#bytes > maxCodeBytes) throw tooLarge('maxCodeBytes', `more than ${maxCodeBytes} bytes`, maxCodeBytes);
    if (this.files.length >= maxFiles) throw tooLarge('maxFiles', `more than ${maxFiles} files`, maxFiles);
    this.files.push({ path, bytes: await readFile(join(this.#root, path)) });
  }
}
