import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import type { ReplayFlags } from '../replay/options.ts';

export function define(command: Command, cli: Cli): void {
  command
    .description(
      'Replays a trace against a fresh worker, stores every call, and prints what came of it. ' +
        'Several strategies, separated by commas, run one after another and stand side by side.',
    )
    .argument('[trace]', 'a preset (cpu, io, tc), a 2021 trace file, or a folder of the 2019 data set')
    .option('--function <name>', 'send the calls to this deployed function of yours')
    .option('--functions <number>', 'only so many functions, those called most')
    .option('--app <app>', 'only this app: its number as #117, or the beginning of its hash')
    .option('--rtt <duration>', 'round-trip time to the server that the I/O work connects to (default: 10 ms)');
  addConfigFlags(command, [
    'replay.workload',
    'worker.strategy',
    'worker.dispatchIntervalMs',
    'worker.strategyParameters',
    'worker.engine',
    'worker.parallelism',
    'worker.multiplexing',
    'worker.release',
    'replay.placement',
    'seed',
    'replay.speed',
    'replay.startMs',
    'replay.durationMs',
    'replay.limit',
    'replay.workScale',
    'replay.cpuShare',
    'worker.cores',
    'worker.maxContainers',
    'worker.maxStartsInFlight',
    'worker.prewarmed',
    'worker.keepAliveMs',
    'worker.queueTimeoutMs',
    'store.url',
    'store.database',
  ]);
  command.action(async (trace: string | undefined, flags: ReplayFlags) => {
    const { replayCommand } = await import('../replay/replayCommand.ts');
    await replayCommand(trace, flags, command, cli);
  });
  addExamples(command, [
    ['faasbatch replay --strategy vanilla,faasbatch', "the paper's CPU work under both, side by side"],
    ['faasbatch replay io --dispatch-interval 50ms', "the paper's I/O work, gathered for 50 ms"],
    ['faasbatch replay --start 8s --duration 15s', 'only the three bursts of its first half'],
    ['faasbatch replay trace.csv --speed 100', 'a trace of the 2021 schema, a hundred times as fast'],
    ['faasbatch replay trace.csv --function hello', 'its arrivals, onto a function of yours'],
  ]);
}
