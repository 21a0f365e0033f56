import { asError, FaasError } from '../protocol/errors.ts';
import { readSchedule } from '../traces/scheduleFile.ts';
import { ClientLog } from './clientLog.ts';
import type { ReplayCommand, ReplayMessage, ReplayResult } from './messages.ts';
import { readPlan } from './plan.ts';
import { Replayer } from './replayer.ts';
import { Sender } from './sender.ts';

/*
 * The replayer's process: `node main.js <plan.json>`, the API key in FAASBATCH_API_KEY.
 * Speaks the messages of messages.ts with its parent, if that opened an IPC channel, and stops when that is gone.
 * Exit code: 0 completed, 1 stopped by an error, 130 interrupted.
 */
const PROGRESS_INTERVAL_MS = 250;
const EXIT_CODES: Readonly<Record<ReplayResult['end'], number>> = {
  completed: 0,
  interrupted: 130,
  'target-gone': 1,
  refused: 1,
  failed: 1,
};

/** Resolves when the parent has the message, or cannot have it. */
function tell(message: ReplayMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}

function obey(replayer: Replayer): void {
  let signals = 0;
  const onSignal = (): void => {
    signals += 1;
    if (signals === 1) replayer.stop();
    else replayer.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('disconnect', () => replayer.stop());
  if (process.send !== undefined && !process.connected) replayer.stop();
  process.on('message', (command: ReplayCommand) => {
    if (command.type === 'stop') replayer.stop();
    if (command.type === 'target-gone') replayer.targetGone();
  });
  // Whatever goes wrong, each call has its record.
  process.on('uncaughtException', (error) => replayer.fail(error));
}

async function main(): Promise<number> {
  const planPath = process.argv[2];
  if (planPath === undefined) throw new FaasError('replayer_failed', 'usage: main.js <plan.json>');
  const plan = await readPlan(planPath);
  const { calls } = (await readSchedule(plan.schedulePath)).schedule;
  const apiKey = process.env['FAASBATCH_API_KEY'];
  const sender = new Sender({ target: plan.target, runId: plan.runId, ...(apiKey ? { apiKey } : {}) });
  const log = await ClientLog.open(plan.clientRecordsPath, (error) => replayer.fail(error));
  const onStarted = (message: ReplayMessage): void => void tell(message);
  const replayer: Replayer = new Replayer({ plan, calls, sender, log, onStarted });
  obey(replayer);
  const progress = setInterval(() => void tell(replayer.progress), PROGRESS_INTERVAL_MS);
  const result = await replayer.run();
  clearInterval(progress);
  await tell(result);
  return EXIT_CODES[result.end];
}

main().then(
  (code) => process.exit(code),
  (thrown) => {
    process.stderr.write(`replayer: ${asError(thrown).message}\n`);
    process.exit(1);
  },
);
