import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSummary } from '../../src/results/summary.ts';
import { CLI_PATH, type CliRun, cleanEnvironment, faasbatch } from './cli.ts';
import { PROJECT_ROOT } from './projectRoot.ts';

/** A home of a test's own: nothing of the user's is read, and what the test leaves goes with it. */
export class TestHome {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;

  private constructor(path: string, storePort: number) {
    this.path = path;
    this.env = {
      FAASBATCH_HOME: path,
      FAASBATCH_STORE_EMBEDDED_PORT: String(storePort),
      XDG_RUNTIME_DIR: join(path, 'x'),
    };
  }

  static async create(): Promise<TestHome> {
    return new TestHome(await mkdtemp(join(tmpdir(), 'fb-')), await freePort());
  }

  run(...commandLine: string[]): Promise<CliRun> {
    return faasbatch(commandLine, { env: this.env });
  }

  async json<T>(...commandLine: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(...commandLine, '--json');
    if (code !== 0) throw new Error(`faasbatch ${commandLine.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Starts a command that the test means to disturb. */
  start(...commandLine: string[]): RunningCommand {
    return new RunningCommand(
      spawn(process.execPath, [CLI_PATH, ...commandLine], {
        cwd: PROJECT_ROOT,
        env: { ...cleanEnvironment(), ...this.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  /** Ends the store that the test started, and removes the folder. */
  async remove(): Promise<void> {
    await this.run('store', 'stop');
    await rm(this.path, { recursive: true, force: true });
  }
}

export class RunningCommand {
  readonly ended: Promise<CliRun>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  get stdout(): string {
    return this.#stdout;
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Processes below this command whose command line contains the text. */
  async pidsOf(text: string): Promise<number[]> {
    return (await descendants(this.#child.pid ?? 0))
      .filter(({ command }) => command.includes(text))
      .map(({ pid }) => pid);
  }
}

/** The runs that a `replay --json` printed. */
export function summariesIn({ stdout }: CliRun): RunSummary[] {
  return JSON.parse(stdout) as RunSummary[];
}

/** All counters but `scheduled`. */
export function accountedFor({ invocations: { scheduled: _, ...ends } }: RunSummary): number {
  return Object.values(ends).reduce((sum, count) => sum + count, 0);
}

async function descendants(pid: number): Promise<{ pid: number; command: string }[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  const children = lists.join(' ').split(' ').filter(Boolean).map(Number);
  const found = await Promise.all(
    children.map(async (child) => {
      const command = await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '');
      return [{ pid: child, command }, ...(await descendants(child))];
    }),
  );
  return found.flat();
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
