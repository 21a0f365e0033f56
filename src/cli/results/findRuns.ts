import { nearest } from '../../lib/nearest.ts';
import { FaasError } from '../../protocol/errors.ts';
import { listRuns } from '../../results/queries.ts';
import type { RunDocument } from '../../results/runDocument.ts';
import type { ResultStore } from '../../results/store.ts';
import { usageError } from '../usage.ts';

/** As the help of commands says it. */
export const RUN_ARGUMENT = 'its id, the beginning or the end of it, or last, last~1, …';

const SHOWN_MATCHES = 5;

/** Stored runs, the newest last. */
export async function runsInOrder(store: ResultStore): Promise<RunDocument[]> {
  // ids tell the second only
  return (await listRuns(store)).sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
}

/**
 * The stored runs that were typed, in the order in which they were.
 * @throws FaasError `run_not_found` that suggests one, `usage` for what several fit
 */
export async function findRuns(store: ResultStore, typed: readonly string[]): Promise<RunDocument[]> {
  const runs = await runsInOrder(store);
  if (runs.length === 0) {
    throw new FaasError('run_not_found', `no run is stored in ${store.url}/${store.database}`, {
      hint: 'faasbatch replay makes one, faasbatch results import <run folder> brings one back',
    });
  }
  const ids = runs.map(({ runId }) => runId);
  return typed.flatMap((text) => {
    const runId = matchRunId(text, ids);
    return runs.filter((run) => run.runId === runId);
  });
}

/**
 * The id that was typed: in full, by its beginning or its end, or `last` and `last~<how many before it>`.
 * @param ids the newest last
 * @throws FaasError `run_not_found`, `usage`
 */
export function matchRunId(typed: string, ids: readonly string[]): string {
  const before = /^last(?:~(\d+))?$/.exec(typed);
  if (before !== null) return fromTheEnd(typed, Number(before[1] ?? 0), ids);
  if (ids.includes(typed)) return typed;
  const beginning = ids.filter((id) => id.startsWith(typed));
  const fitting = beginning.length > 0 ? beginning : ids.filter((id) => id.endsWith(typed));
  const [found] = fitting;
  if (found === undefined || typed === '') throw notFound(typed, ids);
  if (fitting.length === 1) return found;
  const more = fitting.length > SHOWN_MATCHES ? ', …' : '';
  throw usageError(
    `"${typed}" fits ${fitting.length} runs`,
    `more of the id tells them apart: ${fitting.slice(-SHOWN_MATCHES).join(', ')}${more}`,
  );
}

function fromTheEnd(typed: string, back: number, ids: readonly string[]): string {
  const found = ids[ids.length - 1 - back];
  if (found !== undefined) return found;
  throw new FaasError(
    'run_not_found',
    `there is no run ${typed}: the first of the ${ids.length} that are stored is last~${ids.length - 1}`,
    {
      hint: 'faasbatch results runs lists them',
    },
  );
}

function notFound(typed: string, ids: readonly string[]): FaasError {
  const close = nearest(typed, [...ids, 'last']);
  return new FaasError('run_not_found', `no run "${typed}" is stored`, {
    hint: close === undefined ? 'faasbatch results runs lists those that are' : `did you mean ${close}?`,
  });
}
