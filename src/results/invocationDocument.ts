import type { OutcomeStatus, StartKind } from '../protocol/invocation.ts';
import type { ClientRecord, ClientStatus, PlatformRecord } from '../protocol/record.ts';
import { type InvocationLatencies, type LatencyRules, latenciesOf, roundMs } from './latencies.ts';
import type { RunManifest } from './runFolder.ts';
import { pickSettings, type RunSettings } from './runSettings.ts';

/**
 * An invocation as it is stored: `inv:<invocationId>`. Every `…At` is milliseconds since the run's epoch, every
 * latency milliseconds; both are rounded to the microsecond. What did not happen is left out.
 */
export interface InvocationDocument extends RunSettings {
  readonly _id: string;
  readonly type: 'invocation';
  readonly runId: string;
  readonly invocationId: string;
  /** Position in the schedule; left out where there is none. */
  readonly sequence?: number;
  /** As it was called: name without namespace and digest. */
  readonly function: string;
  /** `namespace/name@digest`; left out where only the client's half is known. */
  readonly functionKey?: string;
  readonly workerId?: string;
  /** How it ended, both halves considered; `lost` is what has no platform half or no answer. */
  readonly status: ClientStatus;
  readonly clientStatus?: ClientStatus;
  readonly platformStatus?: OutcomeStatus;
  readonly httpStatus?: number;
  readonly code?: string;
  readonly message?: string;
  /** 1 for a first attempt; 0 for what was never accepted, as far as is known. */
  readonly attempt: number;
  readonly scheduledAt?: number;
  readonly sentAt?: number;
  readonly receivedAt?: number;
  readonly acceptedAt?: number;
  readonly enqueuedAt?: number;
  readonly batchedAt?: number;
  readonly dispatchedAt?: number;
  readonly executionStartedAt?: number;
  readonly executionEndedAt?: number;
  readonly completedAt?: number;
  readonly containerStartRequestedAt?: number;
  readonly containerReadyAt?: number;
  readonly startKind?: StartKind;
  readonly batchId?: string;
  readonly batchSize?: number;
  readonly containerId?: string;
  readonly cpuMs?: number;
  readonly resourcesCreated?: number;
  readonly resourcesReused?: number;
  readonly logs?: PlatformRecord['logs'];
  readonly logsTruncated?: boolean;
  readonly latencyMs: InvocationLatencies;
}

/** What the documents of a run have in common. */
export interface RunContext extends LatencyRules {
  readonly runId: string;
  readonly epochAt: number;
  readonly settings: RunSettings;
}

export function runContextOf(manifest: RunManifest): RunContext {
  const { runId, kind, epochAt, queueTimeoutMs } = manifest;
  return { runId, kind, epochAt, queueTimeoutMs, settings: pickSettings(manifest) };
}

/** Joins the halves of one invocation. At least one is there. */
export function invocationDocument(
  run: RunContext,
  client: ClientRecord | undefined,
  platform: PlatformRecord | undefined,
): InvocationDocument {
  const invocationId = (client ?? platform)?.invocationId ?? '';
  return {
    _id: documentIdOf(invocationId),
    type: 'invocation',
    runId: run.runId,
    invocationId,
    ...present({ sequence: client?.sequence }),
    function: client?.function ?? nameOf(platform?.functionKey ?? ''),
    ...run.settings,
    status: joinedStatus(run, client, platform),
    ...present({
      clientStatus: client?.status,
      platformStatus: platform?.status,
      httpStatus: client?.httpStatus,
      code: client?.code ?? platform?.code,
    }),
    attempt: platform?.attempt ?? 0,
    ...relativeTimes(run.epochAt, { ...client, ...platform }),
    ...(platform === undefined ? {} : servedBy(run.epochAt, platform)),
    latencyMs: latenciesOf(run, client, platform),
  };
}

function documentIdOf(invocationId: string): string {
  return `inv:${invocationId}`;
}

/** Without a client (`up`) the platform's outcome is all that there is to go by. */
function joinedStatus(
  run: RunContext,
  client: ClientRecord | undefined,
  platform: PlatformRecord | undefined,
): ClientStatus {
  if (client === undefined) return run.kind === 'up' && platform !== undefined ? platform.status : 'lost';
  const acceptedNowhere = client.status === 'rejected' || client.status === 'dropped';
  return acceptedNowhere || platform !== undefined ? client.status : 'lost';
}

const TIMES = [
  'scheduledAt',
  'sentAt',
  'receivedAt',
  'acceptedAt',
  'enqueuedAt',
  'batchedAt',
  'dispatchedAt',
  'executionStartedAt',
  'executionEndedAt',
  'completedAt',
  'containerStartRequestedAt',
  'containerReadyAt',
] as const satisfies readonly (keyof ClientRecord | keyof PlatformRecord)[];

type Times = { readonly [name in (typeof TIMES)[number]]?: number };

function relativeTimes(epochAt: number, halves: Times): Times {
  const times: Record<string, number> = {};
  for (const name of TIMES) {
    const at = halves[name];
    if (at !== undefined) times[name] = roundMs(at - epochAt);
  }
  return times;
}

function servedBy(epochAt: number, platform: PlatformRecord): Partial<InvocationDocument> {
  return present({
    functionKey: platform.functionKey,
    workerId: platform.workerId,
    message: platform.message,
    startKind: platform.startKind,
    batchId: platform.batchId,
    batchSize: platform.batchSize,
    containerId: platform.containerId,
    cpuMs: platform.cpuMs,
    resourcesCreated: platform.resourcesCreated,
    resourcesReused: platform.resourcesReused,
    logs: platform.logs?.map((line) => ({ ...line, at: roundMs(line.at - epochAt) })),
    logsTruncated: platform.logsTruncated,
  });
}

/** `namespace/name@digest` → name. */
function nameOf(functionKey: string): string {
  return /(?:^|\/)([^/@]+)(?:@[^@]*)?$/.exec(functionKey)?.[1] ?? functionKey;
}

type Present<T> = { [name in keyof T]?: Exclude<T[name], undefined> };

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
