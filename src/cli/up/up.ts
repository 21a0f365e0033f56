import { join } from 'node:path';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import type { ResolvedConfig } from '../../config/resolve.ts';
import type { WorkerConfig } from '../../config/worker.ts';
import { ProcessEngine } from '../../containers/processEngine.ts';
import { FunctionRegistry } from '../../functions/registry.ts';
import { assertSafeBind } from '../../gateway/bind.ts';
import { type Deferred, deferred } from '../../lib/deferred.ts';
import { asError, FaasError } from '../../protocol/errors.ts';
import { createStrategy } from '../../scheduling/strategies/index.ts';
import { agentPath, sharedModulesPath } from '../../worker/paths.ts';
import { Worker } from '../../worker/worker.ts';
import type { Cli } from '../cli.ts';
import { colourFor } from '../colour.ts';
import type { UpFlags } from '../commands/up.ts';
import { EXIT } from '../exitCodes.ts';
import { onInterrupt } from '../interrupt.ts';
import { announce } from './announcement.ts';
import { type Recording, recordNothing, recordToStore } from './recording.ts';
import { serverLog } from './serverLog.ts';

/**
 * `faasbatch up`: a worker in this process until a signal ends it.
 *
 * starting → serving → (a signal) draining → (another) hurrying → ended; draining ends by itself, too
 *
 * draining: no more calls are taken, those accepted end and are recorded · hurrying: what is left is ended, answered and
 * recorded as such. A signal more exits at once, as does a second one while it is starting.
 */
export async function up(flags: UpFlags, command: Command, cli: Cli): Promise<void> {
  const config = await cli.config(command);
  checkWorker(config.worker);
  const { stderr } = process;
  const log = serverLog({ quiet: cli.output.quiet, stderr, colour: colourFor(stderr, cli.environment) });
  const asked = deferred<void>();
  const ignore = onInterrupt({
    graceful: (signal) => {
      log.info({ signal }, 'ending as soon as it has started; once more ends it at once');
      asked.resolve();
    },
  });
  try {
    const recording = flags.store ? await recordToStore(config, log) : await recordNothing();
    const worker = await startWorker(config, recording, log);
    announce({ config, worker, recording, functions: await deployedNames(config) }, cli);
    ignore();
    await serve(worker, recording, asked, log, cli);
  } finally {
    ignore();
  }
}

/** Until it is asked to end, maybe before it had begun. */
async function serve(
  worker: Worker,
  recording: Recording,
  asked: Deferred<void>,
  log: Logger,
  cli: Cli,
): Promise<void> {
  const hurried = deferred<void>();
  const ignore = onInterrupt({
    graceful: (signal) => {
      log.info({ signal }, 'draining: what was accepted ends, no more is taken; once more ends it at once');
      asked.resolve();
    },
    hurry: () => {
      log.warn('ending what is left');
      cli.exitCode = EXIT.failure;
      worker.force();
      hurried.resolve();
    },
  });
  try {
    await asked.promise;
    await end(worker, recording, hurried.promise, log, cli);
    log.info('ended');
  } finally {
    ignore();
  }
}

async function end(worker: Worker, recording: Recording, hurry: Promise<void>, log: Logger, cli: Cli): Promise<void> {
  try {
    await worker.close();
  } finally {
    const problem = await recording.finish(hurry);
    if (problem !== undefined) {
      log.warn(problem);
      cli.exitCode = EXIT.failure;
    }
  }
}

/** @throws FaasError `invalid_config`, before anything is begun */
function checkWorker(worker: WorkerConfig): void {
  assertSafeBind(worker.host, worker.apiKeys);
  try {
    createStrategy(worker);
  } catch (thrown) {
    throw thrown instanceof FaasError ? new FaasError('invalid_config', thrown.message, { ...thrown.details }) : thrown;
  }
}

async function startWorker(config: ResolvedConfig, recording: Recording, log: Logger): Promise<Worker> {
  try {
    return await Worker.start({
      config: config.worker,
      engine: new ProcessEngine(agentPath()),
      functionsPath: functionsPath(config),
      sharedModules: sharedModulesPath(),
      recorder: recording.recorder,
      accountsPath: recording.accountsPath,
      logger: log,
    });
  } catch (thrown) {
    await recording.abandon();
    throw bindError(asError(thrown), config.worker) ?? thrown;
  }
}

/** What else than a port in use keeps an address from being bound. */
function bindError(error: Error, { host, port }: WorkerConfig): FaasError | undefined {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EACCES':
      return new FaasError('invalid_config', `port: ${port} must not be bound by this user; ports from 1024 may be`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new FaasError('invalid_config', `host: "${host}" is no address of this machine (${error.message})`);
    default:
      return undefined;
  }
}

async function deployedNames(config: ResolvedConfig): Promise<string[]> {
  const functions = await FunctionRegistry.open(functionsPath(config));
  return functions.list().map(({ namespace, manifest }) => `${namespace}/${manifest.name}`.replace(/^default\//, ''));
}

function functionsPath({ common }: ResolvedConfig): string {
  return join(common.home, 'functions');
}
