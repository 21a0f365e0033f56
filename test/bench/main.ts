/**
 * `npm run bench -- [throughput|idle-latency|cold-start|all] [--quick] [--json] [--check]`: see README.md.
 *
 * Exit codes are those of `faasbatch`: 0 · 1 something could not be measured · 2 usage · 3 `--check`, a ratio is below
 * its floor.
 */
import { colourFor } from '../../src/cli/colour.ts';
import { exitCodeOf } from '../../src/cli/exitCodes.ts';
import { monotonicMs } from '../../src/lib/clock.ts';
import { asError, FaasError } from '../../src/protocol/errors.ts';
import { buildIfStale } from '../helpers/build.ts';
import { type Bench, type Benchmark, type BenchResult, resultOf } from './benchmark.ts';
import { BENCHMARKS } from './benchmarks.ts';
import { belowFloor, readFloors } from './floors.ts';
import { Load } from './load.ts';
import { watchMachine } from './machine.ts';
import { parseOptions } from './options.ts';
import { Releases } from './releases.ts';
import { reportOf } from './report.ts';

/** What one benchmark may take. */
const LIMIT_MS = { quick: 60_000, full: 240_000 } as const;

async function main(): Promise<void> {
  const options = parseOptions(
    process.argv.slice(2),
    BENCHMARKS.map(({ name }) => name),
  );
  if (options.help) {
    process.stdout.write(`${help()}\n`);
    return;
  }
  const floors = options.check ? readFloors() : undefined;
  buildIfStale();
  const broken: string[] = [];
  for (const benchmark of BENCHMARKS.filter(({ name }) => options.names.includes(name))) {
    const result = await measure(benchmark, options.size);
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${reportOf(result, colour)}\n\n`);
    if (floors !== undefined) broken.push(...belowFloor(result, floors));
  }
  if (broken.length > 0) throw new FaasError('guard_rail', broken.join('\n'));
}

/** Runs one benchmark; what it started is gone afterwards, however it went. */
async function measure(benchmark: Benchmark, size: Bench['size']): Promise<BenchResult> {
  const releases = new Releases();
  const startedAt = monotonicMs();
  const notesOfMachine = watchMachine();
  try {
    const load = new Load();
    releases.add(() => load.close());
    const finding = await orStopped(benchmark.run({ load, releases, size }), benchmark.name, LIMIT_MS[size]);
    const seconds = (monotonicMs() - startedAt) / 1_000;
    return resultOf(benchmark, finding, { size, seconds, machine: notesOfMachine() });
  } finally {
    await releases.close();
  }
}

/** @throws when it takes too long, or Ctrl-C is pressed */
async function orStopped<T>(work: Promise<T>, name: string, limitMs: number): Promise<T> {
  let stop: (reason: string) => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = (reason) => reject(new Error(`${name}: ${reason}`));
  });
  const timer = setTimeout(() => stop(`not done within ${limitMs / 1_000} s`), limitMs);
  const onSignal = (signal: NodeJS.Signals) => stop(`stopped by ${signal}`);
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await Promise.race([work, stopped]);
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    // Once stopped, what it still waits for goes away under it.
    work.catch(() => undefined);
  }
}

function help(): string {
  return [
    'npm run bench -- [benchmark…|all] [--quick] [--json] [--check]',
    '',
    ...BENCHMARKS.map(({ name, question }) => `  ${name.padEnd(14)}${question}`),
    '',
    '  --quick  fewer and shorter rounds: finds out what is broken, not how good it is',
    '  --json   one object a line for each benchmark',
    '  --check  ends with 3 if a ratio is below its floor in test/bench/floors.json',
  ].join('\n');
}

const colour = colourFor(process.stdout, process.env);

try {
  await main();
} catch (thrown) {
  const error = asError(thrown);
  process.stderr.write(`npm run bench: ${error.message}\n`);
  process.exitCode = exitCodeOf(error);
}
