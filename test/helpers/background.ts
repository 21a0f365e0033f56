import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Background {
  /** Ends the process: asks, waits, then kills; idempotent. */
  stop(): Promise<void>;
}

const STOP_PATIENCE_MS = 15_000;

/**
 * Starts a server and waits until it answers.
 * @param answers asked again and again until it returns true
 * @throws with the end of the server's log if it exits, or does not answer in time
 */
export async function startServer(
  command: string,
  commandLine: readonly string[],
  logPath: string,
  answers: () => Promise<boolean>,
  patienceMs: number,
): Promise<Background> {
  const child = spawn(command, commandLine, { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(logPath);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  const end = await Promise.race([exited, answered(answers, patienceMs)]);
  if (end !== undefined) {
    await stop(child, exited);
    const tail = readFileSync(logPath, 'utf8').trim().split('\n').slice(-5).join('\n');
    throw new Error(`${command} did not start: ${end}\n${tail}`);
  }
  return { stop: () => stop(child, exited) };
}

async function answered(answers: () => Promise<boolean>, patienceMs: number): Promise<string | undefined> {
  const deadline = Date.now() + patienceMs;
  while (!(await answers())) {
    if (Date.now() > deadline) return `it did not answer within ${patienceMs} ms`;
    await sleep(50);
  }
  return undefined;
}

async function stop(child: ChildProcess, exited: Promise<string>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await exited;
  clearTimeout(forced);
}
