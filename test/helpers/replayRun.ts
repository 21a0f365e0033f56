import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientRecord, ClientStatus } from '../../src/protocol/record.ts';
import type { ReplayMessage, ReplayResult } from '../../src/replay/messages.ts';
import type { ReplayPlan } from '../../src/replay/plan.ts';
import { type ReplayerProcess, startReplayer } from '../../src/replay/replayerProcess.ts';
import type { Schedule } from '../../src/traces/schedule.ts';
import { writeSchedule } from '../../src/traces/scheduleFile.ts';

export interface TestCall {
  readonly atMs: number;
  readonly function: string;
  readonly event?: unknown;
}

export interface ReplayRun {
  readonly folder: string;
  readonly planPath: string;
  start(onMessage?: (message: ReplayMessage) => void, env?: NodeJS.ProcessEnv): ReplayerProcess;
  records(): Promise<ClientRecord[]>;
  remove(): Promise<void>;
}

const SCHEDULE: Schedule = {
  trace: 'test',
  traceDigest: '0'.repeat(64),
  workload: 'trace',
  workScale: null,
  rho: null,
  placement: null,
  seed: 1,
  speed: 1,
  spanMs: 0,
  functions: [],
  calls: [],
  cleaning: [],
  notes: [],
};

/** A run folder with plan and schedule, ready to start. */
export async function prepareRun(
  target: string,
  calls: readonly TestCall[],
  plan: Partial<ReplayPlan> = {},
): Promise<ReplayRun> {
  const folder = await mkdtemp(join(tmpdir(), 'faasbatch-replay-'));
  const schedulePath = join(folder, 'schedule.json');
  const planPath = join(folder, 'plan.json');
  const whole: ReplayPlan = {
    runId: 'run1',
    target,
    schedulePath,
    clientRecordsPath: join(folder, 'client.ndjson'),
    requestDeadlineMs: 30_000,
    maxInFlight: 1_000,
    drainTimeoutMs: 10_000,
    ...plan,
  };
  const scheduled = calls.map((call, sequence) => ({ event: {}, ...call, sequence }));
  await writeSchedule(schedulePath, { ...SCHEDULE, calls: scheduled });
  await writeFile(planPath, JSON.stringify(whole));
  return {
    folder,
    planPath,
    start: (onMessage, env) => startReplayer({ planPath, ...(onMessage && { onMessage }), ...(env && { env }) }),
    records: async () => {
      const lines = (await readFile(whole.clientRecordsPath, 'utf8')).split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as ClientRecord);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Calls of one function at a steady pace. */
export function steady(count: number, everyMs: number, name: string, event: unknown = {}): TestCall[] {
  return Array.from({ length: count }, (_, index) => ({ atMs: index * everyMs, function: name, event }));
}

/** What a result counts by status, without the zeros. */
export function ends({ counts }: ReplayResult): Partial<Record<ClientStatus, number>> {
  const { scheduled: _scheduled, sent: _sent, ...statuses } = counts;
  return Object.fromEntries(Object.entries(statuses).filter(([, count]) => count > 0));
}

/** Every scheduled call has exactly one record, and the counts are those of the records. */
export function accountsMatch(records: readonly ClientRecord[], { counts }: ReplayResult): boolean {
  const sequences = new Set(records.map(({ sequence }) => sequence));
  const byStatus = Object.entries(counts).filter(([name]) => name !== 'scheduled' && name !== 'sent');
  return (
    records.length === counts.scheduled &&
    sequences.size === counts.scheduled &&
    byStatus.every(([name, count]) => records.filter(({ status }) => status === name).length === count)
  );
}
