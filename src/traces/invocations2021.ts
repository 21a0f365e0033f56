import { basename } from 'node:path';
import { FaasError } from '../protocol/errors.ts';
import { Cleaning, placeOf } from './cleaning.ts';
import { columnAt, nonEmpty, nonNegative, type RowReader, readCsv, unreadable } from './csv.ts';
import { NumberList } from './numberList.ts';
import { functionId, inStartOrder, MAX_CALLS, type Trace, type TraceFunction, type Window, windowUs } from './trace.ts';

/** fib of more would take minutes. */
const MAX_N = 45;

/**
 * Reads a file of the schema AzureFunctionsInvocationTrace2021: `app,func,end_timestamp,duration`, both in seconds,
 * and keeps the calls of a window as they were. A call starts at end_timestamp - duration, rounded to the microsecond
 * (the trace's own resolution is a millisecond; the rest is floating-point residue that would untie equal starts).
 *
 * A fifth column `n`, which the generated traces have, is N of fib(N).
 * @throws FaasError trace_unreadable
 */
export async function readInvocations2021(path: string, window: Window): Promise<Trace> {
  const reader = new Reader2021(path, window);
  const { digest } = await readCsv(path, (header) => reader.open(header));
  return reader.finish(digest);
}

class Reader2021 {
  readonly #path: string;
  readonly #fromUs: number;
  readonly #toUs: number;
  readonly #cleaning = new Cleaning();
  readonly #functions: TraceFunction[] = [];
  readonly #indexOf = new Map<string, number>();
  readonly #appNumbers = new Map<string, number>();
  readonly #startUs = new NumberList((length) => new Float64Array(length));
  readonly #durationMs = new NumberList((length) => new Float64Array(length));
  readonly #functionIndex = new NumberList((length) => new Uint32Array(length));
  readonly #n = new NumberList((length) => new Uint8Array(length));
  #hasN = false;
  #inOrder = true;
  #previousUs = 0;
  #lastUs = 0;

  constructor(path: string, window: Window) {
    const { fromUs, toUs } = windowUs(window);
    this.#path = path;
    this.#fromUs = fromUs;
    this.#toUs = toUs;
  }

  open(header: readonly string[]): RowReader {
    if (header.includes('HashOwner')) throw unreadable(this.#path, 1, 'a file of the 2019 data set: give its folder');
    const [app, func, end, duration] = ['app', 'func', 'end_timestamp', 'duration'].map((column) =>
      columnAt(this.#path, header, column),
    ) as [number, number, number, number];
    const n = header.indexOf('n');
    this.#hasN = n >= 0;
    return (cells, line) => {
      const durationS = nonNegative(cells[duration], this.#path, line, 'duration');
      const endS = nonNegative(cells[end], this.#path, line, 'end_timestamp');
      const index = this.#functionOf(
        nonEmpty(cells[app], this.#path, line, 'app'),
        nonEmpty(cells[func], this.#path, line, 'func'),
      );
      this.#keep(index, endS, durationS, this.#hasN ? this.#readN(cells[n], line) : 0, line);
    };
  }

  finish(digest: string): Trace {
    const calls = {
      startUs: this.#startUs.items(),
      durationMs: this.#durationMs.items(),
      functionIndex: this.#functionIndex.items(),
      n: this.#hasN ? this.#n.items() : null,
    };
    return {
      name: basename(this.#path),
      digest,
      functions: this.#functions,
      calls: this.#inOrder ? calls : inStartOrder(calls),
      endMs: Math.ceil(this.#lastUs / 1e6) * 1e3,
      cleaning: this.#cleaning.report(),
      notes: [],
    };
  }

  #functionOf(app: string, func: string): number {
    const key = `${app}/${func}`;
    const known = this.#indexOf.get(key);
    if (known !== undefined) return known;
    const appNumber = this.#appNumbers.get(app) ?? this.#appNumbers.size;
    this.#appNumbers.set(app, appNumber);
    this.#functions.push({ key, id: functionId(key), app, func, appNumber });
    this.#indexOf.set(key, this.#functions.length - 1);
    return this.#functions.length - 1;
  }

  #readN(text: string | undefined, line: number): number {
    const n = nonNegative(text, this.#path, line, 'n');
    if (Number.isInteger(n) && n <= MAX_N) return n;
    throw unreadable(this.#path, line, `n is "${text}", but must be a whole number from 0 to ${MAX_N}`);
  }

  #keep(index: number, endS: number, durationS: number, n: number, line: number): void {
    const exactUs = Math.round((endS - durationS) * 1e6);
    if (exactUs < 0) this.#cleaning.count('startsBeforeZero', placeOf(this.#path, line));
    const startUs = Math.max(0, exactUs);
    if (startUs < this.#previousUs) {
      this.#inOrder = false;
      this.#cleaning.count('outOfOrder', placeOf(this.#path, line));
    }
    this.#previousUs = startUs;
    this.#lastUs = Math.max(this.#lastUs, startUs);
    if (startUs < this.#fromUs || startUs >= this.#toUs) return;
    if (durationS === 0) this.#cleaning.count('zeroDurations', placeOf(this.#path, line));
    if (this.#startUs.length === MAX_CALLS) throw tooMany(this.#path);
    this.#startUs.push(startUs);
    this.#durationMs.push(Math.round(durationS * 1e6) / 1e3);
    this.#functionIndex.push(index);
    this.#n.push(n);
  }
}

/** The refusal of a window that holds more calls than a schedule can. */
export function tooMany(path: string): FaasError {
  return new FaasError(
    'bad_request',
    `${path} has more than ${MAX_CALLS} calls in this window, the limit of a schedule: narrow it with start, duration or limit`,
    { path, limit: MAX_CALLS },
  );
}
