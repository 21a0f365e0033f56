import { didYouMean } from '../lib/nearest.ts';
import { FaasError } from '../protocol/errors.ts';
import type { InvocationDocument } from './invocationDocument.ts';
import { LATENCY_NAMES } from './latencies.ts';
import { RUN_SETTING_NAMES } from './runSettings.ts';

/** What results can be asked by: the name on the command line, where it stands in a document, what it holds. */
export interface Field {
  readonly name: string;
  readonly path: readonly string[];
  readonly kind: 'text' | 'number' | 'ms';
  /** The same for every invocation of a run. */
  readonly ofRun: boolean;
}

const NUMBER_SETTINGS: readonly string[] = ['rho', 'seed', 'speed'];

const RUN_FIELDS: readonly Field[] = ['runId', ...RUN_SETTING_NAMES.filter((name) => name !== 'workScale')].map(
  (name) => ({
    name,
    path: [name],
    kind: name === 'dispatchIntervalMs' ? 'ms' : NUMBER_SETTINGS.includes(name) ? 'number' : 'text',
    ofRun: true,
  }),
);

const LATENCY_FIELDS: readonly Field[] = LATENCY_NAMES.map((name) => ({
  name,
  path: ['latencyMs', name],
  kind: 'ms',
  ofRun: false,
}));

const FIELDS_OF_INVOCATIONS = {
  text: [
    'invocationId',
    'function',
    'functionKey',
    'workerId',
    'status',
    'clientStatus',
    'platformStatus',
    'code',
    'message',
    'startKind',
    'batchId',
    'containerId',
  ],
  number: ['sequence', 'httpStatus', 'attempt', 'batchSize', 'resourcesCreated', 'resourcesReused'],
  ms: [
    'cpuMs',
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
  ],
} as const satisfies Record<Field['kind'], readonly (keyof InvocationDocument)[]>;

const INVOCATION_FIELDS: readonly Field[] = Object.entries(FIELDS_OF_INVOCATIONS).flatMap(([kind, names]) =>
  names.map((name) => ({ name, path: [name], kind: kind as Field['kind'], ofRun: false })),
);

export const FIELDS: readonly Field[] = [...RUN_FIELDS, ...INVOCATION_FIELDS, ...LATENCY_FIELDS];

const BY_NAME = new Map(FIELDS.map((field) => [field.name, field]));

/**
 * The field of a name; `workScale.<part>` names a part of how the work was scaled.
 * @throws FaasError `invalid_query` that suggests what was probably meant
 */
export function fieldOf(name: string): Field {
  const field = BY_NAME.get(name);
  if (field !== undefined) return field;
  if (/^workScale\.\w+$/.test(name)) return { name, path: name.split('.'), kind: 'text', ofRun: true };
  const hint = didYouMean(name, [...BY_NAME.keys()]);
  throw new FaasError('invalid_query', `invocations have no field "${name}".${hint}`, { field: name });
}

/** The value of a field; null where the document has none. */
export function readField(field: Field, document: object): unknown {
  let value: unknown = document;
  for (const part of field.path) {
    if (typeof value !== 'object' || value === null) return null;
    value = (value as Record<string, unknown>)[part];
  }
  return value ?? null;
}
