import { formatBytes } from '../../lib/bytes.ts';
import type { RunDocument } from '../../results/runDocument.ts';
import { ago, utc } from './elapsed.ts';
import { type Fact, joined } from './facts.ts';
import { strategyText, traceText, workText } from './figures.ts';
import type { RunState } from './runState.ts';
import type { SeenRun } from './seenRun.ts';

const STATES: Readonly<Record<RunState, string>> = {
  ended: '',
  'under way': 'under way: the figures are those so far',
  unfinished: 'its process died before the run was added up: the figures are those of what is stored',
  serving: 'a worker that serves: the figures are those so far',
  served: 'a worker that served, and has ended',
  elsewhere: 'not added up, and not of this machine: the figures are those of what is stored',
};

/** What a run was asked to do, and where. */
export function settingFacts({ run, state, folder }: SeenRun): Fact[] {
  const facts: Fact[] = [
    ['started', `${utc(run.startedAt)}, ${ago(run.startedAt)}`],
    ['state', STATES[state]],
    ...(run.kind === 'replay' ? traceFacts(run) : []),
    ['strategy', strategyText(run)],
    [
      'switches',
      joined([
        `${run.engine} engine`,
        run.parallelism,
        `multiplexing ${run.multiplexing}`,
        `CPU by ${run.cpuScheduling}`,
      ]),
    ],
    ['host', hostText(run)],
    ['folder', folder ?? ''],
    ...run.notes.map((note): Fact => ['note', note]),
  ];
  return facts.filter(([, value]) => value !== '');
}

function traceFacts(run: RunDocument): Fact[] {
  const { rho, placement, seed, speed, traceDigest } = run;
  return [
    ['trace', joined([traceText(run), traceDigest === null ? '' : `sha256 ${traceDigest.slice(0, 12)}`])],
    ['work', joined([workText(run), rho === null ? '' : `ρ ${rho.toFixed(2)}`])],
    ['arrivals', joined([placement === null ? '' : `placement ${placement}`, `seed ${seed}`, `speed ${speed}`])],
  ];
}

function hostText({ host, versions: { node } }: RunDocument): string {
  const { hostname, cpu, cores, memoryBytes } = host;
  return joined([
    textOf(hostname),
    textOf(cpu),
    typeof cores === 'number' ? `${cores} cores` : '',
    typeof memoryBytes === 'number' ? formatBytes(memoryBytes) : '',
    node === undefined ? '' : `Node ${node}`,
  ]);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
