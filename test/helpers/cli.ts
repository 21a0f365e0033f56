import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT_ROOT } from './projectRoot.ts';

export interface CliRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  /** On top of an environment that says nothing of faasbatch or its services. */
  readonly env?: NodeJS.ProcessEnv;
}

export const CLI_PATH = join(PROJECT_ROOT, 'dist/cli/main.js');

/** Runs the built `faasbatch` to its end. */
export async function faasbatch(commandLine: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const child = spawn(process.execPath, [CLI_PATH, ...commandLine], {
    cwd: options.cwd ?? PROJECT_ROOT,
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** This process's environment without what configures faasbatch or its output. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(FAASBATCH_|COUCHDB_|REDIS_URL$|NO_COLOR$|FORCE_COLOR$|DEBUG$|NODE_OPTIONS$|VITEST)/.test(name),
  );
  return Object.fromEntries(kept);
}
