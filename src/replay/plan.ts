import { readJsonFile } from '../lib/jsonFile.ts';
import { FaasError } from '../protocol/errors.ts';

/** Everything that a replayer process is told, as a JSON file; the API key comes by FAASBATCH_API_KEY alone. */
export interface ReplayPlan {
  readonly runId: string;
  /** Origin of the gateway: `http://127.0.0.1:8080`. */
  readonly target: string;
  /** As writeSchedule() of traces/ writes it. */
  readonly schedulePath: string;
  /** Appended to, one ClientRecord a line. */
  readonly clientRecordsPath: string;
  /** From sending a call; one that has no answer by then ends as `lost` (see requestDeadlineMs()). */
  readonly requestDeadlineMs: number;
  /** A call that falls due while so many wait for their answers is `dropped`. */
  readonly maxInFlight: number;
  /** How long calls in flight may still end after an interruption. */
  readonly drainTimeoutMs: number;
}

const DEADLINE_MARGIN_MS = 10_000;

/**
 * When a call has certainly been forgotten: the platform answers `timeout` at its own limits, so this only ends
 * calls that it never answers. Leaves room for one retry after a first attempt that ran nearly to its end.
 */
export function requestDeadlineMs(queueTimeoutMs: number, timeoutMs: number): number {
  return queueTimeoutMs + 2 * timeoutMs + DEADLINE_MARGIN_MS;
}

/** @throws FaasError `replayer_failed`: whoever wrote the plan broke its rules */
export async function readPlan(path: string): Promise<ReplayPlan> {
  const fields = await readFields(path);
  const rule = (name: string, value: unknown, must: string): FaasError =>
    new FaasError('replayer_failed', `${path}: ${name} is ${JSON.stringify(value)}, must be ${must}`, { field: name });
  const text = (name: string): string => {
    const value = fields[name];
    if (typeof value !== 'string' || value === '') throw rule(name, value, 'a text that is not empty');
    return value;
  };
  const positive = (name: string): number => {
    const value = fields[name];
    if (typeof value !== 'number' || !(value > 0)) throw rule(name, value, 'a number above 0');
    return value;
  };
  const target = text('target');
  if (!URL.canParse(target) || new URL(target).protocol !== 'http:') throw rule('target', target, 'an http:// origin');
  return {
    runId: text('runId'),
    target: new URL(target).origin,
    schedulePath: text('schedulePath'),
    clientRecordsPath: text('clientRecordsPath'),
    requestDeadlineMs: positive('requestDeadlineMs'),
    maxInFlight: positive('maxInFlight'),
    drainTimeoutMs: positive('drainTimeoutMs'),
  };
}

async function readFields(path: string): Promise<Record<string, unknown>> {
  const value = await readJsonFile(path);
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new FaasError('replayer_failed', `the plan ${path} does not exist, or holds no JSON object`, { path });
}
