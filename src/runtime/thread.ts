import { MessageChannel, parentPort, threadId, workerData } from 'node:worker_threads';
import { asError } from '../protocol/errors.ts';
import type { AttachMessage, ImportFailure, Ping, TaskEnd, ThreadSetup, ThreadTask } from './crossing/messages.ts';
import { takePlace } from './crossing/place.ts';
import { captureOutput } from './thread/capture.ts';
import { openCpuClock } from './thread/cpuClock.ts';
import { containFaults } from './thread/faults.ts';
import { type Handler, loadHandler } from './thread/handlerModule.ts';
import { Journal } from './thread/journal.ts';
import { yieldToPlatform } from './thread/priority.ts';
import { Pump } from './thread/pump.ts';
import { Reports } from './thread/reports.ts';
import { ResourceRegistry } from './thread/resources.ts';
import { Runner } from './thread/runner.ts';

/**
 * What runs in each thread. Piscina loads it when the thread starts, and calls its default export for every task.
 * The handler is imported without waiting for a task, as soon as nothing it prints or throws can get away.
 */
const { init, places, limits } = workerData as ThreadSetup;
const { port1: port, port2: mainsPort } = new MessageChannel();
const resources = new ResourceRegistry(init.multiplexing);
const reports = new Reports(port, () => resources.live);

parentPort?.postMessage({ type: 'attach', threadId, port: mainsPort } satisfies AttachMessage, [mainsPort]);
port.on('message', (_ping: Ping) => reports.pong());
captureOutput();
containFaults();
const ready = prepare();

async function prepare(): Promise<{ pump: Pump; importMs: number } | ImportFailure> {
  const startedAt = performance.now();
  try {
    const handler = await loadHandler(init.codePath, init.handler);
    const importMs = performance.now() - startedAt;
    yieldToPlatform();
    const pump = await buildPump(handler);
    reports.loaded();
    return { pump, importMs };
  } catch (thrown) {
    return { type: 'import_failed', threadId, message: asError(thrown).message };
  }
}

async function buildPump(handler: Handler): Promise<Pump> {
  const limit = limits[await takePlace(places, threadId)] ?? 1;
  const cpuClock = limit === 1 ? openCpuClock() : undefined;
  const runner = new Runner({ handler, threadId, limits: init, resources, reports, cpuClock });
  const greedy = limits.length === 1;
  const journal = init.journal === undefined ? undefined : new Journal(init.journal, threadId);
  return new Pump({ threadId, limit, greedy, reports, journal, run: (claim) => runner.run(claim) });
}

export default async function work({ batches }: ThreadTask): Promise<TaskEnd> {
  const prepared = await ready;
  if ('type' in prepared) return prepared;
  await Promise.all(batches.map((batch) => prepared.pump.take(batch)));
  return { type: 'done', importMs: prepared.importMs };
}
