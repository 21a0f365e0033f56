import type { ResolvedConfig } from '../../config/resolve.ts';
import { formatMs } from '../../lib/duration.ts';
import { describeStrategy } from '../../scheduling/strategies/index.ts';
import type { Worker } from '../../worker/worker.ts';
import type { Cli } from '../cli.ts';
import type { Recording } from './recording.ts';

export interface Announcement {
  readonly config: ResolvedConfig;
  readonly worker: Worker;
  readonly recording: Recording;
  /** Of the functions that are deployed. */
  readonly functions: readonly string[];
}

const DEFAULT_URL = 'http://127.0.0.1:8080';
const SHOWN_FUNCTIONS = 8;

/** Says that the worker takes calls: where, where results go, and what to type next. */
export function announce(announcement: Announcement, cli: Cli): void {
  const { worker, recording, functions } = announcement;
  const { url, id: workerId } = worker;
  const facts = { url, docs: `${url}/docs`, workerId, pid: process.pid, functions, results: recording.target };
  cli.output.result(facts, () => [factsText(announcement, cli), '', nextText(announcement)].join('\n'));
}

function factsText({ config, worker, recording, functions }: Announcement, { output }: Cli): string {
  const { target } = recording;
  const lines: readonly (readonly [string, string])[] = [
    ['docs', `${worker.url}/docs`],
    ['strategy', strategyText(config)],
    ['engine', 'process: containers are processes of this user, they isolate nothing'],
    ['functions', functions.length === 0 ? 'none yet' : listed(functions)],
    [
      'results',
      target === null ? 'not recorded (--no-store)' : `${target.url}/${target.database}, run ${target.runId}`,
    ],
  ];
  const heading = `${output.colour('bold', `faasbatch is up at ${worker.url}`)}  (worker ${worker.id})`;
  return [heading, ...lines.map(([name, value]) => `  ${output.colour('dim', name.padEnd(9))}  ${value}`)].join('\n');
}

function strategyText({ worker }: ResolvedConfig): string {
  const { usesDispatchInterval } = describeStrategy(worker.strategy);
  const { strategy, dispatchIntervalMs } = worker;
  return usesDispatchInterval ? `${strategy}, dispatch interval ${formatMs(dispatchIntervalMs)}` : strategy;
}

function listed(functions: readonly string[]): string {
  const shown = functions.slice(0, SHOWN_FUNCTIONS).join(', ');
  return functions.length > SHOWN_FUNCTIONS ? `${shown} and ${functions.length - SHOWN_FUNCTIONS} more` : shown;
}

function nextText({ config, worker, recording, functions }: Announcement): string {
  const [first] = functions;
  const next = [
    ...(worker.url === DEFAULT_URL ? [] : [`export FAASBATCH_URL=${worker.url}`]),
    ...(config.worker.apiKeys.length === 0 ? [] : ['export FAASBATCH_API_KEY=…   # one of this worker’s keys']),
    ...(first === undefined
      ? ['faasbatch function deploy echo', `faasbatch invoke echo --data '{"hello": "world"}'`]
      : [`faasbatch invoke ${first}`]),
    ...(recording.target === null ? [] : [`faasbatch results show ${recording.target.runId}`]),
  ];
  return ['next, in another terminal:', ...next.map((line) => `  ${line}`), 'Ctrl-C ends it'].join('\n');
}
