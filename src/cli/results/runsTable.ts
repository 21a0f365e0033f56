import type { RunDocument } from '../../results/runDocument.ts';
import type { Colour } from '../colour.ts';
import { table } from '../table.ts';
import { ago } from './elapsed.ts';
import { countText, msText, strategyText, traceText } from './figures.ts';
import { stateOf } from './runState.ts';

const COLUMNS = [
  { head: 'RUN' },
  { head: 'STARTED', align: 'right' },
  { head: 'TRACE' },
  { head: 'STRATEGY' },
  { head: 'PLACEMENT' },
  { head: 'SEED', align: 'right' },
  { head: 'OK', align: 'right' },
  { head: 'CONTAINERS', align: 'right' },
  { head: 'MEAN', align: 'right' },
  { head: 'P98', align: 'right' },
] as const;

/** One run a line; mean and p98 are of the end-to-end latency. */
export function runsTable(runs: readonly RunDocument[], colour: Colour, now = Date.now()): string {
  return table(
    COLUMNS,
    runs.map((run) => row(run, colour, now)),
    colour,
  );
}

function row(run: RunDocument, colour: Colour, now: number): string[] {
  const { runId, startedAt, placement, seed, summary } = run;
  const settings = [traceText(run), strategyText(run), placement ?? '-', countText(seed)];
  const end = summary?.latencyMs.endToEnd;
  return [
    runId,
    ago(startedAt, now),
    ...settings,
    okText(run, colour),
    countText(summary?.containers.started ?? null),
    msText(end?.mean ?? null),
    msText(end?.p98 ?? null),
  ];
}

/** What did not go well catches the eye. */
function okText(run: RunDocument, colour: Colour): string {
  if (run.summary === null) return colour('dim', stateOf(run));
  const { ok, okAfterRetry, scheduled } = run.summary.invocations;
  const text = `${ok + okAfterRetry}/${scheduled}`;
  return ok + okAfterRetry < scheduled ? colour('yellow', text) : text;
}
