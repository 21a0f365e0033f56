import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { WorkerConfig } from '../../src/config/worker.ts';
import { readFunctionFolder } from '../../src/functions/folder.ts';
import { FunctionRegistry } from '../../src/functions/registry.ts';
import { SHIPPED_FUNCTIONS } from '../../src/worker/paths.ts';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';
import { EVENT } from './call.ts';
import type { Releases } from './releases.ts';
import type { Target } from './target.ts';

type WorkerModule = typeof import('../../src/worker/workerProcess.ts');

export interface PlatformOptions {
  readonly name: string;
  /** What differs from the defaults. */
  readonly config: Partial<WorkerConfig>;
  /** `echo` is deployed under so many names; round n calls the n-th, or the last. */
  readonly functions: number;
}

/** Starts a worker with its containers as it ships: compiled, in a process of its own, records and metrics on. */
export async function startPlatform(options: PlatformOptions, releases: Releases): Promise<Target> {
  const folder = await temporaryFolder(releases);
  const functionsPath = join(folder, 'functions');
  await deployEcho(functionsPath, options.functions);
  const defaults = resolveConfig({ environment: { FAASBATCH_HOME: folder }, folder }).worker;
  const { WorkerProcess } = (await import(built('worker/workerProcess.js'))) as WorkerModule;
  const worker = await WorkerProcess.start({
    config: { ...defaults, port: 0, ...options.config },
    functionsPath,
    recordsPath: join(folder, 'platform.ndjson'),
    accountsPath: join(folder, 'accounts.json'),
  });
  releases.add(() => worker.close());
  const call = (round: number) => ({
    url: `${worker.url}/functions/${nameOf(Math.min(round, options.functions - 1))}/invocations`,
    body: EVENT,
  });
  return { name: options.name, pid: worker.pid, call };
}

/** A folder that goes when the benchmark ends. */
export async function temporaryFolder(releases: Releases): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'faasbatch-bench-'));
  releases.add(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function deployEcho(path: string, functions: number): Promise<void> {
  const registry = await FunctionRegistry.open(path);
  const { manifest, files } = await readFunctionFolder(join(SHIPPED_FUNCTIONS, 'echo'));
  for (let index = 0; index < functions; index += 1) {
    await registry.deploy({ manifest: { ...manifest, name: nameOf(index) }, files });
  }
}

function nameOf(index: number): string {
  return `echo-${index}`;
}

function built(path: string): string {
  return pathToFileURL(join(PROJECT_ROOT, 'dist', path)).href;
}
