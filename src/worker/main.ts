import { ProcessEngine } from '../containers/processEngine.ts';
import { asError, FaasError } from '../protocol/errors.ts';
import { Recorder } from '../results/recorder.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { agentPath, sharedModulesPath } from './paths.ts';
import { Worker } from './worker.ts';

/**
 * A worker as a process of its own, told what to do over IPC (messages.ts). It ends when it is told to, or when
 * whoever started it is gone. Signals are the starter's business: a terminal's Ctrl-C reaches both.
 */
let worker: Worker | undefined;
let closeRequests = 0;

process.on('SIGINT', () => undefined);
process.on('message', (message: ToWorker) => {
  if (message.type === 'start') start(message).catch(fail);
  else close().catch(fail);
});
process.on('disconnect', () => {
  worker?.force();
  close().catch(fail);
});

async function start(message: ToWorker & { type: 'start' }): Promise<void> {
  const onError = (error: unknown) => logger.error({}, `records could not be written: ${asError(error).message}`);
  const recorder = await Recorder.toFile(message.recordsPath, { onError });
  worker = await Worker.start({
    config: message.config,
    engine: new ProcessEngine(agentPath()),
    functionsPath: message.functionsPath,
    sharedModules: sharedModulesPath(),
    recorder,
    accountsPath: message.accountsPath,
    logger,
  });
  tell({ type: 'ready', url: worker.url, workerId: worker.id });
  // Told to end while it was starting.
  if (closeRequests > 0) await close();
}

async function close(): Promise<void> {
  closeRequests += 1;
  if (closeRequests > 1) worker?.force();
  if (worker === undefined) return;
  await worker.close();
  tell({ type: 'closed' });
  if (process.connected) process.disconnect();
}

/** Ends the process, whatever still runs in it, once its starter has been told why. */
function fail(thrown: unknown): void {
  const error = asError(thrown);
  const message: FromWorker = {
    type: 'failed',
    code: error instanceof FaasError ? error.code : 'internal',
    message: error.message,
  };
  if (process.connected) process.send?.(message, undefined, undefined, () => process.exit(1));
  else process.exit(1);
}

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message, () => undefined);
}

const logger = {
  info: () => undefined,
  warn: (_fields: unknown, message: string) => process.stderr.write(`worker: ${message}\n`),
  error: (_fields: unknown, message: string) => process.stderr.write(`worker: ${message}\n`),
};
