import { stat } from 'node:fs/promises';
import { FaasError } from '../protocol/errors.ts';
import { readDataset2019 } from './dataset2019.ts';
import { readInvocations2021 } from './invocations2021.ts';
import type { ResolvedOptions } from './options.ts';
import { PUBLISHED } from './paper.ts';
import { paperTrace } from './paperTrace.ts';
import type { Trace } from './trace.ts';

const PACKED = /\.(gz|xz|bz2|zip|rar|7z|zst)$/i;

/**
 * Makes a preset, or reads a trace: a folder holds the data set of 2019, a file the invocations of 2021.
 * @throws FaasError trace_unreadable for what is missing or of no known format.
 */
export async function loadTrace(options: ResolvedOptions): Promise<Trace> {
  const { source, seed, placement, window, memory } = options;
  if ('preset' in source) return paperTrace(source.preset, placement, seed);
  const found = await stat(source.path).catch(() => undefined);
  if (found === undefined) {
    const presets = Object.keys(PUBLISHED).join(', ');
    throw new FaasError(
      'trace_unreadable',
      `${source.path} is neither a preset (${presets}) nor a file or folder`,
      source,
    );
  }
  if (found.isDirectory()) {
    // App and function cap choose among calls first, so then the limit says nothing on how far to read.
    const readAll = options.app !== undefined || Number.isFinite(options.functionCap);
    const limit = readAll ? Number.POSITIVE_INFINITY : options.limit;
    return readDataset2019(source.path, { window, seed, memory, limit });
  }
  if (PACKED.test(source.path)) {
    throw new FaasError('trace_unreadable', `${source.path} is packed: unpack it first (see traces/README.md)`, source);
  }
  return readInvocations2021(source.path, window);
}
