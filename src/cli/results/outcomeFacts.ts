import type { RunSummary } from '../../results/summary.ts';
import { type Fact, joined } from './facts.ts';
import { amountText, countText, msText } from './figures.ts';
import type { SeenRun } from './seenRun.ts';

/** How a run's calls ended, and what they cost; what was not measured is left out. */
export function outcomeFacts({ run, summary }: SeenRun): Fact[] {
  const facts: Fact[] = [
    ['calls', callsText(summary)],
    [
      'stored',
      run.summary === null && run.scheduled !== null
        ? `${summary.invocations.scheduled} of ${run.scheduled} calls`
        : '',
    ],
    ['containers', containersText(summary)],
    ['batches', batchesText(summary)],
    ['resources', resourcesText(summary)],
    ['CPU seconds', cpuText(summary)],
    ['sent late by', lagText(summary)],
  ];
  return facts.filter(([, value]) => value !== '');
}

function callsText({ invocations }: RunSummary): string {
  const { scheduled, ok, okAfterRetry, ...others } = invocations;
  const retried = okAfterRetry === 0 ? '' : `${okAfterRetry} of them after a retry`;
  const bad = Object.entries(others).map(([end, count]) => (count === 0 ? '' : `${count} ${end}`));
  return joined([`${ok + okAfterRetry} of ${scheduled} ok`, retried, ...bad]);
}

function containersText({ containers }: RunSummary): string {
  const { started, peak, containerSeconds } = containers;
  if (started === null) return '';
  return `${started} started · ${countText(peak)} at once · ${amountText(containerSeconds, 1)} container-seconds`;
}

function batchesText({ batches }: RunSummary): string {
  const { count, meanSize, maxSize } = batches;
  return count === null ? '' : `${count} · of ${amountText(meanSize, 1)} calls, ${countText(maxSize)} at most`;
}

function resourcesText({ multiplexer: { created, reused } }: RunSummary): string {
  return created === null || created === 0 ? '' : `${created} made · ${countText(reused)} reused`;
}

function cpuText({ cpuSeconds }: RunSummary): string {
  const known = Object.entries(cpuSeconds).filter(([, seconds]) => seconds !== null && seconds > 0);
  return known.map(([who, seconds]) => `${who} ${amountText(seconds, 1)}`).join(' · ');
}

function lagText({ replay: { lagMs } }: RunSummary): string {
  const { p50, p99, max } = lagMs;
  return p50 === null ? '' : `${msText(p50)} p50 · ${msText(p99)} p99 · ${msText(max)} max`;
}
