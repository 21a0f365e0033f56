import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { WorkerConfig } from '../../src/config/worker.ts';
import { ProcessEngine } from '../../src/containers/processEngine.ts';
import { readFunctionFolder } from '../../src/functions/folder.ts';
import { parseManifest } from '../../src/functions/manifest.ts';
import { FunctionRegistry } from '../../src/functions/registry.ts';
import type { WorkerAccounts } from '../../src/protocol/accounts.ts';
import type { PlatformRecord } from '../../src/protocol/record.ts';
import { Recorder } from '../../src/results/recorder.ts';
import { agentPath, SHIPPED_FUNCTIONS, sharedModulesPath } from '../../src/worker/paths.ts';
import { Worker } from '../../src/worker/worker.ts';
import { bundleRuntime } from './containerHarness.ts';

/** A function of a test's own: its handler module's text, and what its manifest says beside the defaults. */
export interface TestFunction {
  readonly name: string;
  readonly handler: string;
  readonly manifest?: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** A real worker in this process, with real containers, in folders that go with it. */
export class TestWorker {
  readonly worker: Worker;
  readonly #folder: string;

  private constructor(worker: Worker, folder: string) {
    this.worker = worker;
    this.#folder = folder;
  }

  /** @param functions those of the test; names of shipped ones are taken from runtime-image */
  static async start(
    config: Partial<WorkerConfig>,
    functions: readonly (TestFunction | string)[],
  ): Promise<TestWorker> {
    bundleRuntime();
    const folder = await mkdtemp(join(tmpdir(), 'faasbatch-test-'));
    const functionsPath = join(folder, 'functions');
    const registry = await FunctionRegistry.open(functionsPath);
    for (const each of functions) await registry.deploy(await deployment(each));
    const defaults = resolveConfig({ environment: { FAASBATCH_HOME: folder } }).worker;
    const worker = await Worker.start({
      config: { ...defaults, port: 0, ...config },
      engine: new ProcessEngine(agentPath()),
      functionsPath,
      sharedModules: sharedModulesPath(),
      recorder: await Recorder.toFile(join(folder, 'platform.ndjson'), { onError: () => undefined }),
      accountsPath: join(folder, 'accounts.json'),
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    return new TestWorker(worker, folder);
  }

  async call(name: string, event: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.worker.url}/functions/${name}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(event),
    });
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    const body: unknown = isJson ? await response.json() : await response.text();
    return { status: response.status, body, headers: response.headers };
  }

  /** Pids of the containers' processes that live now. */
  async containerPids(): Promise<number[]> {
    const text = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
    const pids = text.trim().split(' ').filter(Boolean).map(Number);
    const agents = await Promise.all(
      pids.map(async (pid) => (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes('agent.js')),
    );
    return pids.filter((_, index) => agents[index]);
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.worker.url}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1));
  }

  /** Drains and ends it. @returns what it recorded */
  async close(): Promise<{ records: PlatformRecord[]; accounts: WorkerAccounts }> {
    await this.worker.close();
    const lines = (await readFile(join(this.#folder, 'platform.ndjson'), 'utf8')).split('\n').filter(Boolean);
    const accounts = JSON.parse(await readFile(join(this.#folder, 'accounts.json'), 'utf8')) as WorkerAccounts;
    await rm(this.#folder, { recursive: true, force: true });
    return { records: lines.map((line) => JSON.parse(line) as PlatformRecord), accounts };
  }
}

async function deployment(each: TestFunction | string) {
  if (typeof each === 'string') return readFunctionFolder(join(SHIPPED_FUNCTIONS, each));
  const manifest = parseManifest({ name: each.name, handler: 'handler.mjs', ...each.manifest });
  return { manifest, files: [{ path: 'handler.mjs', bytes: Buffer.from(each.handler) }] };
}

/** Waits for a state. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
