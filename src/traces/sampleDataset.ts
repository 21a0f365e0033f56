import { createHash } from 'node:crypto';
import { type Random, seededRandom } from '../lib/random.ts';

const SEED = 2019;
const FUNCTIONS = 24;
const FIRST_LABEL = 541;
const MINUTES = 30;

/** Shares of functions by trigger in the released data set (reference: Shahrad et al., USENIX ATC 2020), in percent. */
const TRIGGERS: readonly (readonly [string, number])[] = [
  ['http', 43],
  ['timer', 28],
  ['queue', 15],
  ['orchestration', 8],
  ['event', 3],
  ['storage', 3],
];
/** Medians over functions of Minimum, the seven percentiles, and Maximum, in parts of the Average. */
const DURATION_RATIOS = [0.12, 0.15, 0.2, 0.42, 0.69, 1.1, 4.4, 6, 8.4] as const;
/** The same for percentiles 1 to 100 of memory. */
const MEMORY_RATIOS = [0.83, 0.9, 0.96, 1, 1.05, 1.13, 1.18, 1.29] as const;
/** Burr XII distribution of an app's average memory in MB: c, k, lambda. */
const BURR = { c: 11.652, k: 0.221, lambda: 107.083 } as const;

interface SampleFunction {
  readonly key: string;
  readonly trigger: string;
  readonly averageMs: number;
  readonly counts: readonly number[];
}

/**
 * A small made-up data set in the three-file layout of 2019: half an hour from 09:00, and one each of the faults that
 * the real files have. It shows the schema and tries the reader; it stands for no real load.
 * @returns file name → text.
 */
export function sampleDataset(): Map<string, string> {
  const functions = Array.from({ length: FUNCTIONS }, (_, index) => sampleFunction(index));
  return new Map([
    ['invocations.csv', invocationsCsv(functions)],
    ['durations.csv', durationsCsv(functions)],
    ['memory.csv', memoryCsv(functions)],
  ]);
}

function sampleFunction(index: number): SampleFunction {
  const random = seededRandom(SEED, index);
  const app = Math.floor(index / 2);
  const key = [`owner-${Math.floor(app / 2)}`, `app-${app}`, `function-${index}`].map(hash).join(',');
  const trigger = drawTrigger(random() * 100);
  const averageMs = Math.max(1, Math.min(20_000, Math.round(380 * Math.exp(1.8 * normal(random)))));
  const perMinute = Math.exp(-0.7 + 1.4 * normal(random));
  const period = [1, 2, 5, 10][Math.floor(random() * 4)] ?? 5;
  const counts = Array.from({ length: MINUTES }, (_, minute) => {
    if (trigger === 'timer') return minute % period === 0 ? 1 : 0;
    return Math.max(0, Math.round(perMinute + 0.8 * Math.sqrt(perMinute) * normal(random)));
  });
  return { key, trigger, averageMs, counts };
}

function invocationsCsv(functions: readonly SampleFunction[]): string {
  const labels = Array.from({ length: MINUTES }, (_, minute) => FIRST_LABEL + minute);
  const rows = functions.map(({ key, trigger, counts }) => `${key},${trigger},${counts.join(',')}`);
  return lines([`HashOwner,HashApp,HashFunction,Trigger,${labels.join(',')}`, ...rows]);
}

/** In another order than the invocations, with a duplicate, a missing row, a negative Average and an empty Minimum. */
function durationsCsv(functions: readonly SampleFunction[]): string {
  const rows = functions.map(({ key, averageMs, counts }, index) => {
    const calls = counts.reduce((sum, count) => sum + count, 0) * 48;
    const [minimum, ...others] = DURATION_RATIOS.map((ratio) => Math.round(averageMs * ratio));
    const maximum = others.pop();
    const average = index === 3 ? -averageMs : averageMs;
    return `${key},${average},${calls},${index === 5 ? '' : minimum},${maximum},${others.join(',')}`;
  });
  const shown = rows.filter((_, index) => index !== 7).reverse();
  const percentiles = [0, 1, 25, 50, 75, 99, 100].map((percent) => `percentile_Average_${percent}`).join(',');
  return lines([
    `HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,${percentiles}`,
    ...shown,
    rows[11] ?? '',
  ]);
}

function memoryCsv(functions: readonly SampleFunction[]): string {
  const rows = functions.map(({ key }, index) => {
    const u = seededRandom(SEED, 'memory', Math.floor(index / 2))();
    const ofApp = BURR.lambda * ((1 - u) ** (-1 / BURR.k) - 1) ** (1 / BURR.c);
    const [owner, app, func] = key.split(',');
    // Each function has half of its app's memory, for each app has two functions here.
    const columns = [1, ...MEMORY_RATIOS].map((ratio) => (Math.round(ofApp * ratio) / 2).toFixed(1));
    return [func, owner, app, 360, ...columns].join(',');
  });
  const percentiles = [1, 5, 25, 50, 75, 95, 99, 100].map((percent) => `AverageAllocatedMb_pct${percent}`).join(',');
  return lines([`HashFunction,HashOwner,HashApp,SampleCount,AverageAllocatedMb,${percentiles}`, ...rows]);
}

function drawTrigger(percent: number): string {
  let left = percent;
  for (const [trigger, share] of TRIGGERS) {
    if (left < share) return trigger;
    left -= share;
  }
  return 'http';
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function hash(name: string): string {
  return createHash('sha256').update(`faasbatch sample ${name}`).digest('hex');
}

function lines(rows: readonly string[]): string {
  return `${rows.join('\n')}\n`;
}
