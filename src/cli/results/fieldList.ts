import { FIELDS, type Field } from '../../results/fields.ts';
import type { Colour } from '../colour.ts';
import { table } from '../table.ts';

/** What a field means, for those who have not read the design. Times count from the run's epoch. */
export const MEANINGS: Readonly<Record<string, string>> = {
  runId: 'the run',
  trace: 'what was replayed',
  traceDigest: 'sha256 of it',
  workload: 'cpu, io or trace',
  rho: "offered work over the machine's capacity",
  placement: 'where in its second an arrival fell: uniform, clustered, simultaneous',
  seed: 'of everything random',
  speed: 'how many times faster the trace passed',
  strategy: 'which invocations went together, where and when',
  dispatchIntervalMs: 'the window in which they gathered',
  engine: 'what containers were: process, docker',
  parallelism: 'inside a container: serial, parallel',
  multiplexing: 'clients shared inside a container: on, off',
  cpuScheduling: 'inside a container: os, feedback, sfs',
  invocationId: 'the call; of a replay <runId>:<sequence>',
  function: 'its name, as called',
  functionKey: 'namespace/name@digest',
  workerId: 'the worker that accepted it',
  status: 'how it ended: ok, error, timeout, failed, rejected, dropped, lost',
  clientStatus: 'as the caller saw it',
  platformStatus: 'as the worker saw it',
  code: 'why it did not end as ok',
  message: 'the same in words',
  startKind: 'its container was warm, cold, prewarmed, or it rode a start under way',
  batchId: 'the batch that it went with',
  containerId: 'the container that served it',
  sequence: 'its place in the schedule',
  httpStatus: 'of the answer',
  attempt: '1, or more after retries; 0: not accepted',
  batchSize: 'calls in its batch',
  resourcesCreated: 'clients that it had to make',
  resourcesReused: 'clients that it found made',
  cpuMs: 'CPU time of its handler',
  scheduledAt: 'due',
  sentAt: 'sent',
  receivedAt: 'answered',
  acceptedAt: 'taken in by the gateway',
  enqueuedAt: 'in the queue',
  batchedAt: 'its batch closed',
  dispatchedAt: 'sent to its container',
  executionStartedAt: 'handler called',
  executionEndedAt: 'handler returned',
  completedAt: 'outcome known to the worker',
  containerStartRequestedAt: 'start of its container requested',
  containerReadyAt: 'its container ready',
  endToEnd: 'receivedAt − scheduledAt; where it was rejected, the limit of waiting',
  endToEndFromSent: 'the same from sentAt',
  scheduling: 'dispatchedAt − acceptedAt',
  coldStart: 'the part of scheduling during which its container was starting',
  queueing: 'executionStartedAt − dispatchedAt',
  execution: 'executionEndedAt − executionStartedAt',
  batchCompletion: 'completedAt − executionEndedAt',
};

const KINDS: Readonly<Record<Field['kind'], string>> = { text: 'text', number: 'number', ms: 'time' };

export interface ListedField {
  readonly name: string;
  readonly kind: string;
  /** What has it: all invocations of a run alike, or each its own. */
  readonly of: 'run' | 'invocation';
  readonly meaning: string;
}

/** What results can be asked by. */
export function listedFields(): ListedField[] {
  return FIELDS.map(({ name, kind, ofRun }) => {
    return { name, kind: KINDS[kind], of: ofRun ? 'run' : 'invocation', meaning: MEANINGS[name] ?? '' };
  });
}

export function fieldListText(fields: readonly ListedField[], colour: Colour): string {
  const rows = fields.map(({ name, kind, of, meaning }) => [name, kind, of, meaning]);
  return [
    table([{ head: 'FIELD' }, { head: 'KIND' }, { head: 'OF' }, { head: 'MEANING' }], rows, colour),
    '',
    `${colour('bold', '--where')}    conditions with commas between, all must hold: = != < <= > >=; strategy=vanilla|faasbatch`,
    '           is either of them, code= has no value, times take units: endToEnd>1.5s; "a, b" keeps a comma',
    `${colour('bold', '--group-by')} any fields`,
    `${colour('bold', '--metric')}   a number or a time`,
    `${colour('bold', '--stat')}     count, sum, mean, min, max, std, or a percentile: p50, p98, p99.9 (exact)`,
  ].join('\n');
}
