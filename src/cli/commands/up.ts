import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';

export interface UpFlags {
  /** False with `--no-store`. */
  readonly store: boolean;
}

/** Under headings of their own: there are many. What is not here is set in faasbatch.yaml or the environment. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  'Serving:': ['worker.host', 'worker.port', 'worker.drainTimeoutMs', 'worker.maxPayloadBytes'],
  'Scheduling:': [
    'worker.strategy',
    'worker.strategyParameters',
    'worker.dispatchIntervalMs',
    'worker.release',
    'worker.parallelism',
    'worker.multiplexing',
    'worker.queueTimeoutMs',
    'worker.maxQueueLength',
    'worker.maxBatchSize',
    'seed',
  ],
  'Containers:': [
    'worker.engine',
    'worker.cores',
    'worker.memoryBudgetMb',
    'worker.maxContainers',
    'worker.maxContainersPerFunction',
    'worker.maxStartsInFlight',
    'worker.prewarmed',
    'worker.keepAliveMs',
  ],
  'Results:': ['store.url', 'store.database'],
};

export function define(command: Command, cli: Cli): void {
  for (const [heading, fields] of Object.entries(FLAGS)) {
    command.optionsGroup(heading);
    addConfigFlags(command, fields);
  }
  command.addOption(new Option('--no-store', 'record nothing: no run folder, no store'));
  command.action(async (flags: UpFlags) => {
    const { up } = await import('../up/up.ts');
    await up(flags, command, cli);
  });
  command.addHelpText(
    'after',
    '\nThe rest can be set in faasbatch.yaml or the environment: faasbatch config --describe worker',
  );
  addExamples(command, [
    ['faasbatch up', 'serve on http://127.0.0.1:8080 until Ctrl-C, which lets invocations end; again: at once'],
    ['faasbatch up --port 0 --json', 'any free port; the JSON on stdout tells which'],
    ['faasbatch up --strategy vanilla', 'one container per invocation instead of batches'],
    ['faasbatch up --dispatch-interval 50ms --prewarmed 2', 'gather for 50 ms, and keep two containers ready'],
    ['FAASBATCH_API_KEYS=<key> faasbatch up --host 0.0.0.0', 'for other machines: they must show the key'],
  ]);
}
