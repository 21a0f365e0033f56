import type { Command } from 'commander';
import type { ResolvedConfig } from '../../config/resolve.ts';
import { asError, FaasError } from '../../protocol/errors.ts';
import { startTlsBackend } from '../../replay/tlsBackend.ts';
import { openStore } from '../../results/openStore.ts';
import { accountingProblems } from '../../results/summary.ts';
import { describeStrategy } from '../../scheduling/strategies/index.ts';
import { type Backend, compileSchedule, type Schedule } from '../../traces/schedule.ts';
import type { Cli } from '../cli.ts';
import { EXIT } from '../exitCodes.ts';
import { onInterrupt } from '../interrupt.ts';
import { usageError } from '../usage.ts';
import { fib30Ms } from './calibration.ts';
import { compileOptions, needsBackend, type ReplayFlags, rttMs } from './options.ts';
import { describeSchedule, type ReportedRun, reportText } from './report.ts';
import { type EndedRun, replayStrategy } from './strategyRun.ts';

/** `faasbatch replay`: one run after another, each against a worker of its own, then all of them side by side. */
export async function replayCommand(
  trace: string | undefined,
  flags: ReplayFlags,
  command: Command,
  cli: Cli,
): Promise<void> {
  const config = await cli.config(command);
  const strategies = strategyNames(config);
  const store = await openStore(config.store);
  const stop = new AbortController();
  const force = new AbortController();
  const ignore = onInterrupt({
    graceful: () => {
      cli.output.note('stopping: no more calls are sent, what there is will be kept; once more to end at once');
      stop.abort();
    },
    force: () => force.abort(),
  });
  const backend = needsBackend(trace, flags, config) ? await startTlsBackend({ rttMs: rttMs(flags) }) : undefined;
  try {
    const schedule = await compile(trace, flags, config, backend);
    cli.output.note(describeSchedule(schedule));
    for (const note of schedule.notes) cli.output.note(`  ${note}`);
    const ended: EndedRun[] = [];
    try {
      for (const strategy of strategies) {
        if (stop.signal.aborted) break;
        const run = { strategy, schedule, config, store, stop: stop.signal, force: force.signal };
        ended.push(await replayStrategy(run, cli));
      }
    } finally {
      // Also when a later run could not be made: the earlier ones were.
      if (ended.length > 0) report(ended, cli);
    }
  } finally {
    ignore();
    await backend?.close();
  }
}

/** @throws FaasError `usage` for one that is not there, or is named twice */
function strategyNames({ worker }: ResolvedConfig): string[] {
  const names = worker.strategy.split(',').map((name) => name.trim());
  for (const name of names) {
    try {
      describeStrategy(name);
    } catch (thrown) {
      throw usageError(asError(thrown).message);
    }
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw usageError(`--strategy: ${twice} is named twice`);
  return names;
}

async function compile(
  trace: string | undefined,
  flags: ReplayFlags,
  config: ResolvedConfig,
  backend: Backend | undefined,
): Promise<Schedule> {
  try {
    const options = compileOptions(trace, flags, config, backend);
    return await compileSchedule({ ...options, fib30Ms: await fib30Ms(config.common.home) });
  } catch (thrown) {
    throw thrown instanceof FaasError && thrown.code === 'bad_request' ? usageError(thrown.message) : thrown;
  }
}

function report(ended: readonly EndedRun[], cli: Cli): void {
  const runs: ReportedRun[] = ended.map(({ summary, endToEndMs }) => ({ summary, endToEndMs }));
  cli.output.result(
    runs.map(({ summary }) => summary),
    () => `\n${reportText(runs, cli.output.colour)}`,
  );
  for (const run of ended) {
    for (const problem of problemsOf(run)) {
      cli.output.warn(`run ${run.summary.runId}: ${problem}`);
      cli.exitCode = EXIT.guardRail;
    }
    if (run.feedProblem === null) continue;
    cli.output.warn(run.feedProblem);
    if (cli.exitCode === EXIT.ok) cli.exitCode = EXIT.failure;
  }
  cli.output.note(`\n${howToQuery(ended)}`);
}

/** What makes a run's figures worth nothing. */
function problemsOf({ summary, stoppedBy }: EndedRun): string[] {
  const { dropped, lost } = summary.invocations;
  return [
    ...(stoppedBy === null ? [] : [stoppedBy]),
    ...(lost === 0 ? [] : [`${lost} calls were sent and never answered`]),
    ...(dropped === 0 ? [] : [`${dropped} calls were not sent`]),
    ...accountingProblems(summary.invocations),
  ];
}

function howToQuery(ended: readonly EndedRun[]): string {
  const [last] = ended.slice(-1);
  if (last?.summary.store == null) return '';
  const { runId, store } = last.summary;
  return [
    `Every call is kept: ${store.documents} documents of this run in ${store.url}/${store.database}. To ask for more:`,
    '  faasbatch results query --group-by strategy,function --metric endToEnd --stat mean,p98',
    `  faasbatch results show ${runId}`,
    `  curl -s ${store.url}/${store.database}/run:${runId}`,
  ].join('\n');
}
