import { cdfPicture, type Series } from '../cdfPicture.ts';
import type { Colour } from '../colour.ts';
import { factsText } from './facts.ts';
import { strategyText } from './figures.ts';
import { latencyTable } from './latencyTable.ts';
import { outcomeFacts } from './outcomeFacts.ts';
import type { SeenRun } from './seenRun.ts';
import { settingFacts } from './settingFacts.ts';

const PICTURE_WIDTH = 80;

/** Settings, how calls ended and what they cost, how long they took. */
export function runText(seen: SeenRun, colour: Colour): string {
  const { run, summary, endToEndMs } = seen;
  return [
    colour('bold', run.runId),
    factsText([...settingFacts(seen), ...outcomeFacts(seen)], colour),
    '',
    latencyTable(summary.latencyMs, colour),
    ...latencyPicture([{ name: strategyText(run), values: endToEndMs }], colour),
  ].join('\n');
}

/** A heading and the distributions; no lines at all where nobody was answered. */
export function latencyPicture(series: readonly Series[], colour: Colour): string[] {
  const picture = cdfPicture(series, PICTURE_WIDTH, colour);
  if (picture === '') return [];
  return ['', colour('bold', 'end-to-end latency: the share of calls that took no longer'), picture];
}
