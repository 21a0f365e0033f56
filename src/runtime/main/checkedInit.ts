import { FaasError } from '../../protocol/errors.ts';
import type { InitHeader } from '../../protocol/messages.ts';

const TYPES: Record<keyof Omit<InitHeader, 'env' | 'batch' | 'journal'>, 'string' | 'number' | 'boolean'> = {
  functionKey: 'string',
  codePath: 'string',
  handler: 'string',
  kind: 'string',
  parallelism: 'string',
  concurrency: 'number',
  threads: 'number',
  timeoutMs: 'number',
  memoryMb: 'number',
  multiplexing: 'boolean',
  maxResultBytes: 'number',
  maxLogBytes: 'number',
};

/** @throws FaasError `init_failed` naming the field that another worker than ours left out or filled otherwise */
export function checkedInit(header: Readonly<Record<string, unknown>>): InitHeader {
  for (const [field, type] of Object.entries(TYPES)) {
    if (typeof header[field] !== type) {
      throw new FaasError('init_failed', `init: ${field} is ${JSON.stringify(header[field])}, must be a ${type}`);
    }
  }
  const { env } = header;
  if (typeof env !== 'object' || env === null) {
    throw new FaasError('init_failed', `init: env is ${JSON.stringify(env)}, must be an object`);
  }
  if (header['batch'] === true) {
    throw new FaasError('init_failed', 'batch: true (a handler of many events) is not supported yet');
  }
  return header as unknown as InitHeader;
}
