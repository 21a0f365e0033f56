import { basename, resolve } from 'node:path';
import { seededRandom } from '../lib/random.ts';
import { Cleaning, placeOf } from './cleaning.ts';
import { combinedDigest } from './csv.ts';
import { type DayFiles, findDays } from './dataset2019Files.ts';
import { type DayCounts, type FunctionCounts, readDayCounts } from './dayCounts.ts';
import { type DurationProfile, readDayDurations, readDayMemory } from './dayProfiles.ts';
import { tooMany } from './invocations2021.ts';
import { timerArrivals, uniformArrivals } from './minuteArrivals.ts';
import { NumberList } from './numberList.ts';
import { drawnSketch, quantileOf, type Sketch, sketchOf } from './sketch.ts';
import { functionId, inStartOrder, MAX_CALLS, type Trace, type TraceFunction, type Window, windowUs } from './trace.ts';

const MINUTE_US = 60e6;
const DAY_MINUTES = 1_440;

export interface Dataset2019Options {
  readonly window: Window;
  readonly seed: number;
  /** Read the memory files too. */
  readonly memory: boolean;
  /** No more than the first so many calls are needed; Infinity: all of the window. */
  readonly limit: number;
}

/**
 * Reads a folder of the schema AzureFunctionsDataset2019 and makes calls of its counts.
 *
 * The count of each function in each minute is kept exactly. What the data set does not say is drawn, for each
 * function and minute from a random substream of its own, so that neither other functions, nor the order of rows,
 * nor the window change it: the moment within the minute (minuteArrivals.ts), and the duration from the function's
 * percentiles of that day (sketch.ts).
 * @throws FaasError trace_unreadable, or bad_request for more calls than a schedule takes.
 */
export async function readDataset2019(folder: string, options: Dataset2019Options): Promise<Trace> {
  const days = await findDays(folder);
  const reader = new Reader2019(folder, options);
  const firstDay = days[0]?.day ?? 1;
  for (const files of days) {
    await reader.readDay(files, (files.day - firstDay) * DAY_MINUTES);
    if (reader.satisfied) break;
  }
  return reader.finish(((days.at(-1)?.day ?? firstDay) - firstDay + 1) * DAY_MINUTES);
}

class Reader2019 {
  readonly #folder: string;
  readonly #options: Dataset2019Options;
  readonly #fromUs: number;
  readonly #toUs: number;
  readonly #cleaning = new Cleaning();
  readonly #digests = new Map<string, string>();
  readonly #functions: TraceFunction[] = [];
  readonly #indexOf = new Map<string, number>();
  readonly #startUs = new NumberList((length) => new Float64Array(length));
  readonly #durationMs = new NumberList((length) => new Float64Array(length));
  readonly #functionIndex = new NumberList((length) => new Uint32Array(length));
  #withoutMemory = 0;
  #endMinute: number | undefined;

  constructor(folder: string, options: Dataset2019Options) {
    const { fromUs, toUs } = windowUs(options.window);
    this.#folder = folder;
    this.#options = options;
    this.#fromUs = fromUs;
    this.#toUs = toUs;
  }

  /** True when the calls so far are as many as are needed, so that later days need not be read. */
  get satisfied(): boolean {
    return this.#startUs.length >= this.#options.limit;
  }

  async readDay(files: DayFiles, originMinute: number): Promise<void> {
    const fromMinute = Math.floor(this.#fromUs / MINUTE_US);
    const toMinute = Math.ceil(this.#toUs / MINUTE_US);
    if (originMinute + DAY_MINUTES <= fromMinute || originMinute >= toMinute) return;
    const counts = await readDayCounts(files, { originMinute, fromMinute, toMinute }, this.#cleaning);
    this.#digests.set(files.invocations, counts.digest);
    if (!files.wholeDay) this.#endMinute = counts.lastLabel - counts.firstLabel + 1;
    const called = [...counts.functions.values()].filter(({ counts: calls }) => calls.length > 0).sort(byKey);
    const lastMinute = this.#lastNeededMinute(called, fromMinute);
    await this.#addCalls(files, counts, called, lastMinute);
  }

  finish(endMinute: number): Trace {
    const calls = inStartOrder({
      startUs: this.#startUs.items(),
      durationMs: this.#durationMs.items(),
      functionIndex: this.#functionIndex.items(),
      n: null,
    });
    const notes = [
      'calls per function and minute are those of the data set; the moment within the minute is drawn: timers shortly after the full second, evenly through the minute, all others uniformly',
      "durations are drawn from each function's percentiles of the day, bent to its average; they are percentiles of 30-second averages, so busy functions vary more in truth",
      'the data set counts a call when it has ended; here the counts are taken as arrivals',
    ];
    if (this.#withoutMemory > 0) notes.push(`${this.#withoutMemory} of the days read have no memory file`);
    return {
      name: basename(resolve(this.#folder)),
      digest: combinedDigest(this.#digests),
      functions: this.#functions,
      calls,
      endMs: (this.#endMinute ?? endMinute) * 60_000,
      cleaning: this.#cleaning.report(),
      notes,
    };
  }

  /**
   * The last minute whose calls are needed. It also bounds what is made of a busy day: with a limit, minutes past it
   * are not expanded. The window's first minute may lose calls to a start within it, so it counts for nothing.
   */
  #lastNeededMinute(called: readonly FunctionCounts[], fromMinute: number): number {
    const { limit } = this.#options;
    const perMinute = new Map<number, number>();
    for (const { minutes, counts } of called) {
      minutes.forEach((minute, index) => {
        perMinute.set(minute, (perMinute.get(minute) ?? 0) + (counts[index] ?? 0));
      });
    }
    let calls = this.#startUs.length;
    let certain = calls;
    for (const [minute, count] of [...perMinute].sort(([a], [b]) => a - b)) {
      calls += count;
      if (calls > MAX_CALLS) throw tooMany(this.#folder);
      if (minute > fromMinute) certain += count;
      if (certain >= limit) return minute;
    }
    return Number.POSITIVE_INFINITY;
  }

  async #addCalls(
    files: DayFiles,
    day: DayCounts,
    called: readonly FunctionCounts[],
    lastMinute: number,
  ): Promise<void> {
    const wanted = new Set(called.map(({ key }) => key));
    const durations = await readDayDurations(files, wanted, this.#cleaning);
    this.#digests.set(files.durations, durations.digest);
    const memoryMbOf = await this.#readMemory(files, day);
    const wholeDay = day.lastLabel - day.firstLabel + 1 === DAY_MINUTES;
    for (const row of called) {
      const index = this.#functionOf(row, memoryMbOf);
      const sketch = this.#sketchOf(row, durations.rows.get(row.key), placeOf(files.invocations, row.line), wholeDay);
      this.#expand(row, index, sketch, lastMinute);
    }
  }

  /** Undefined: its durations are unknown. Part of a day can only show that a Count is too small. */
  #sketchOf(
    row: FunctionCounts,
    profile: DurationProfile | undefined,
    where: string,
    wholeDay: boolean,
  ): Sketch | undefined {
    if (profile === undefined) {
      this.#cleaning.count('missingDurations', where);
      return undefined;
    }
    const fits = wholeDay ? row.callsInFile === profile.count : row.callsInFile <= profile.count;
    if (!fits) this.#cleaning.count('countMismatch', where);
    return sketchOf(profile, profile.where, this.#cleaning);
  }

  async #readMemory(files: DayFiles, day: DayCounts): Promise<(key: string, app: string) => number | undefined> {
    if (this.#options.memory && files.memory !== null) {
      const memory = await readDayMemory(files.memory, day.functionsOfApp, this.#cleaning);
      this.#digests.set(files.memory, memory.digest);
      return memory.memoryMbOf;
    }
    if (this.#options.memory) this.#withoutMemory += 1;
    return () => undefined;
  }

  #functionOf(row: FunctionCounts, memoryMbOf: (key: string, app: string) => number | undefined): number {
    const known = this.#indexOf.get(row.key);
    if (known !== undefined) {
      if (this.#functions[known]?.trigger !== row.trigger) this.#cleaning.count('triggerChanged');
      return known;
    }
    const { key, owner, app, func, trigger } = row;
    const memoryMb = memoryMbOf(key, `${owner}/${app}`);
    if (this.#options.memory && memoryMb === undefined) this.#cleaning.count('missingMemory');
    const id = functionId(key);
    this.#functions.push({ key, id, owner, app, func, trigger, ...(memoryMb === undefined ? {} : { memoryMb }) });
    this.#indexOf.set(key, this.#functions.length - 1);
    return this.#functions.length - 1;
  }

  /** One function's calls of one day. Whole minutes are drawn and then cut, so that the window changes no draw. */
  #expand(row: FunctionCounts, index: number, known: Sketch | undefined, lastMinute: number): void {
    const { seed } = this.#options;
    const id = this.#functions[index]?.id ?? '';
    const sketch = known ?? drawnSketch(seededRandom(seed, id, 'average'));
    const phase = seededRandom(seed, id, 'phase')();
    row.minutes.forEach((minute, cell) => {
      if (minute > lastMinute) return;
      const count = row.counts[cell] ?? 0;
      const random = seededRandom(seed, id, 'arrivals', minute);
      const arrivals = row.trigger === 'timer' ? timerArrivals(count, phase, random) : uniformArrivals(count, random);
      const duration = seededRandom(seed, id, 'durations', minute);
      for (const offsetUs of arrivals) {
        const startUs = minute * MINUTE_US + offsetUs;
        const durationMs = Math.round(quantileOf(sketch, duration()) * 1e3) / 1e3;
        if (startUs < this.#fromUs || startUs >= this.#toUs) continue;
        this.#startUs.push(startUs);
        this.#durationMs.push(durationMs);
        this.#functionIndex.push(index);
      }
    });
  }
}

function byKey(a: FunctionCounts, b: FunctionCounts): number {
  return a.key < b.key ? -1 : 1;
}
