import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asError, FaasError } from '../protocol/errors.ts';
import type { DeployedFunction } from '../protocol/manifest.ts';
import { SHORT_DIGEST_LENGTH } from './digest.ts';
import type { CodeFile } from './files.ts';
import { parseManifest } from './manifest.ts';
import { type FunctionName, parseFunctionName } from './name.ts';

/** A version is deployed for good; only where its code lies depends on the machine. */
export type Version = Omit<DeployedFunction, 'codePath'>;

/** What was superseded or removed is kept for so long: invocations accepted before may still need its code. */
export const RETENTION_MS = 24 * 3_600_000;

/** Written aside, then renamed: nobody sees half of anything. On the same file system as the rest. */
const ASIDE = '.incoming';
const CURRENT = 'current';
const VERSION_FILE = 'version.json';
const RETIRED = 'retired';

/**
 * The deployed functions on the disk:
 *
 *     <root>/<namespace>/<name>/current                     the short digest of the version that is called by name
 *     <root>/<namespace>/<name>/<digest12>/version.json     manifest, digest, time
 *     <root>/<namespace>/<name>/<digest12>/code/…           the files
 *     <root>/<namespace>/<name>/<digest12>/retired          since when it is no longer current
 *
 * Several processes may share one root: versions are never written in place, and two who write the same one agree.
 */
export class VersionFolder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async create(): Promise<void> {
    await mkdir(join(this.#root, ASIDE), { recursive: true });
    for (const entry of await readdir(join(this.#root, ASIDE))) {
      const path = join(this.#root, ASIDE, entry);
      if (await isOlderThan(path, RETENTION_MS)) await rm(path, { recursive: true, force: true });
    }
  }

  /** Writes a version unless it is there. */
  async write(version: Version, files: readonly CodeFile[]): Promise<DeployedFunction> {
    const target = this.#versionPath(version);
    const existing = await this.#read(target).catch(() => undefined);
    if (existing !== undefined) return sameDigest(existing, version);
    const aside = this.#aside();
    try {
      for (const { path, bytes } of files) {
        const file = join(aside, 'code', path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, bytes);
      }
      await writeFile(join(aside, VERSION_FILE), `${JSON.stringify(version, undefined, 2)}\n`);
      await mkdir(dirname(target), { recursive: true });
      await this.#discard(target);
      await rename(aside, target);
    } catch (thrown) {
      await rm(aside, { recursive: true, force: true });
      // Another process may have been faster.
      const theirs = await this.#read(target).catch(() => undefined);
      if (theirs === undefined) throw thrown;
      return sameDigest(theirs, version);
    }
    return { ...version, codePath: join(target, 'code') };
  }

  async setCurrent(version: Version): Promise<void> {
    await this.#retireCurrent(nameOf(version));
    await rm(join(this.#versionPath(version), RETIRED), { force: true });
    const aside = this.#aside();
    await writeFile(aside, `${short(version)}\n`);
    await rename(aside, join(this.#functionPath(nameOf(version)), CURRENT));
  }

  async clearCurrent(name: FunctionName): Promise<void> {
    await this.#retireCurrent(name);
    await rm(join(this.#functionPath(name), CURRENT), { force: true });
  }

  /** Every function's current version; what cannot be read is told in `problems` and left alone. */
  async readAll(): Promise<{ functions: DeployedFunction[]; problems: string[] }> {
    const functions: DeployedFunction[] = [];
    const problems: string[] = [];
    for (const name of await this.#names()) {
      const path = this.#functionPath(name);
      try {
        const current = await this.#currentOf(name);
        if (current !== undefined) functions.push(await this.#read(join(path, current)));
      } catch (thrown) {
        problems.push(`${path}: ${asError(thrown).message}`);
      }
    }
    return { functions, problems };
  }

  /** Deletes the versions of a function that were retired long enough ago. */
  async sweep(name: FunctionName): Promise<void> {
    const path = this.#functionPath(name);
    const current = await this.#currentOf(name);
    for (const digest of (await foldersIn(path)).filter((entry) => entry !== current)) {
      const version = join(path, digest);
      const marker = join(version, RETIRED);
      // One that never became current has no marker: its deployment was cut off.
      const since = (await exists(marker)) ? marker : version;
      if (await isOlderThan(since, RETENTION_MS)) await this.#discard(version);
    }
  }

  async sweepAll(): Promise<void> {
    for (const name of await this.#names()) await this.sweep(name);
  }

  async #names(): Promise<FunctionName[]> {
    const names: FunctionName[] = [];
    for (const namespace of await foldersIn(this.#root)) {
      if (namespace === ASIDE) continue;
      for (const name of await foldersIn(join(this.#root, namespace))) names.push({ namespace, name });
    }
    return names;
  }

  async #currentOf(name: FunctionName): Promise<string | undefined> {
    const file = join(this.#functionPath(name), CURRENT);
    return (await exists(file)) ? (await readFile(file, 'utf8')).trim() : undefined;
  }

  async #retireCurrent(name: FunctionName): Promise<void> {
    const current = await this.#currentOf(name);
    const version = current === undefined ? undefined : join(this.#functionPath(name), current);
    if (version !== undefined && (await exists(version))) await writeFile(join(version, RETIRED), '');
  }

  async #read(versionPath: string): Promise<DeployedFunction> {
    const stored = JSON.parse(await readFile(join(versionPath, VERSION_FILE), 'utf8')) as Version;
    const manifest = parseManifest(stored.manifest, join(versionPath, VERSION_FILE));
    const version = { ...stored, manifest };
    if (this.#versionPath(version) !== versionPath) throw new Error(`${versionPath} holds ${version.key}`);
    return { ...version, codePath: join(versionPath, 'code') };
  }

  /** Out of the way at once, then deleted. */
  async #discard(path: string): Promise<void> {
    if (!(await exists(path))) return;
    const aside = this.#aside();
    await rename(path, aside);
    await rm(aside, { recursive: true, force: true });
  }

  #aside(): string {
    return join(this.#root, ASIDE, randomUUID());
  }

  #functionPath({ namespace, name }: FunctionName): string {
    return join(this.#root, namespace, name);
  }

  #versionPath(version: Version): string {
    return join(this.#functionPath(nameOf(version)), short(version));
  }
}

function nameOf(version: Version): FunctionName {
  return parseFunctionName(`${version.namespace}/${version.manifest.name}`);
}

function short(version: Version): string {
  return version.digest.slice(0, SHORT_DIGEST_LENGTH);
}

/** Keys carry twelve digits; that these differ where the whole digests do is all but certain, and checked. */
function sameDigest(existing: DeployedFunction, version: Version): DeployedFunction {
  if (existing.digest === version.digest) return existing;
  throw new FaasError('conflict', `${version.key}: another version has the same first digits, ${existing.digest}`);
}

async function foldersIn(path: string): Promise<string[]> {
  const entries: Dirent[] = (await exists(path)) ? await readdir(path, { withFileTypes: true }) : [];
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ageMs;
}
