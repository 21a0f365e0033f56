import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FaasError } from '../../src/protocol/errors.ts';
import { readInvocations2021 } from '../../src/traces/invocations2021.ts';
import { trace2021, traceFolder } from '../helpers/traceFiles.ts';

const ALL = { startMs: 0, durationMs: Number.POSITIVE_INFINITY };

async function complaint(path: string): Promise<string> {
  const error: unknown = await readInvocations2021(path, ALL).catch((thrown: unknown) => thrown);
  if (!(error instanceof FaasError)) throw new Error(`no FaasError but ${String(error)}`);
  expect(error.code).toBe('trace_unreadable');
  return error.message;
}

describe('a trace of 2021', () => {
  test('starts its calls at end - duration, ties in file order, calls of no duration included', async () => {
    const path = trace2021('a,f,0.07949090003967285,0.078', 'a,g,2.5,0.5', 'b,f,2,0', 'a,f,2.25,0.25');
    const { calls, functions, cleaning } = await readInvocations2021(path, ALL);
    expect([...calls.startUs]).toEqual([1_491, 2_000_000, 2_000_000, 2_000_000]);
    expect([...calls.durationMs]).toEqual([78, 500, 0, 250]);
    expect([...calls.functionIndex].map((index) => functions[index]?.key)).toEqual(['a/f', 'a/g', 'b/f', 'a/f']);
    expect(cleaning).toMatchObject([{ issue: 'zeroDurations', count: 1, first: 'trace.csv:4' }]);
  });

  test('tells functions of the same name in two apps apart', async () => {
    const { functions } = await readInvocations2021(trace2021('a,f,1,0.5', 'b,f,2,0.5', 'a,f,3,0.5'), ALL);
    expect(functions).toMatchObject([
      { key: 'a/f', appNumber: 0 },
      { key: 'b/f', appNumber: 1 },
    ]);
    expect(new Set(functions.map(({ id }) => id)).size).toBe(2);
  });

  test('takes a window by start: its first moment belongs to it, its last does not', async () => {
    const path = trace2021('a,f,1.0,0.000001', 'a,f,9.0,8.0', 'a,f,2.0,0.000001', 'a,f,2.0,0');
    const { calls, endMs } = await readInvocations2021(path, { startMs: 1_000, durationMs: 1_000 });
    expect([...calls.startUs]).toEqual([1_000_000, 1_999_999]);
    expect(endMs).toBe(2_000);
  });

  test('puts rows that are not sorted into start order, and says so', async () => {
    const path = trace2021('a,f,5,1', 'a,g,3,1', 'a,h,5,1', 'a,i,3,1');
    const { calls, functions, cleaning } = await readInvocations2021(path, ALL);
    expect([...calls.functionIndex].map((index) => functions[index]?.func)).toEqual(['g', 'i', 'f', 'h']);
    expect(cleaning).toMatchObject([{ issue: 'outOfOrder', count: 2, first: 'trace.csv:3' }]);
  });

  test('starts at 0 what would start before it, and says so', async () => {
    const { calls, cleaning } = await readInvocations2021(trace2021('a,f,0.5,0.6'), ALL);
    expect([...calls.startUs]).toEqual([0]);
    expect(cleaning).toMatchObject([{ issue: 'startsBeforeZero', count: 1 }]);
  });

  test('may have its columns in another order, a byte order mark, CRLF, and columns of its own', async () => {
    const text = '\uFEFFduration,x,func,app,end_timestamp\r\n0.5,?,f,a,1\r\n';
    const { calls } = await readInvocations2021(join(traceFolder({ 't.txt': text }), 't.txt'), ALL);
    expect([...calls.startUs]).toEqual([500_000]);
  });
});

describe('what cannot be read is named with file, line, column, value and rule', () => {
  test.each([
    ['a negative duration', ['a,f,1,0.5', 'a,f,1,-3'], ':3: duration is "-3", but must be a number of at least 0'],
    ['text for a number', ['a,f,soon,1'], ':2: end_timestamp is "soon", but must be a number of at least 0'],
    ['an empty cell', ['a,f,1,'], ':2: duration is "", but must be a number of at least 0'],
    ['a function without a name', ['a,,1,0'], ':2: func is empty'],
    ['a row that is too short', ['a,f,1,0', 'a,f,1'], ':3: 3 columns, but the header has 4'],
    ['an open quote', ['"a,f,1,1'], ':2: not comma-separated values'],
  ])('%s', async (_, rows, message) => {
    expect(await complaint(trace2021(...rows))).toContain(`trace.csv${message}`);
  });

  test('a missing column, with those that are there', async () => {
    const path = join(traceFolder({ 't.csv': 'app,function,end_timestamp,duration\n' }), 't.csv');
    expect(await complaint(path)).toContain(
      't.csv:1: column "func" is missing; the header has app, function, end_timestamp, duration',
    );
  });

  test('a single file of the data set of 2019', async () => {
    const path = join(
      traceFolder({ 'invocations.csv': 'HashOwner,HashApp,HashFunction,Trigger,1\n' }),
      'invocations.csv',
    );
    expect(await complaint(path)).toContain('invocations.csv:1: a file of the 2019 data set: give its folder');
  });

  test('an empty file and a missing one', async () => {
    const folder = traceFolder({ 'empty.csv': '' });
    expect(await complaint(join(folder, 'empty.csv'))).toContain('empty.csv is empty');
    expect(await complaint(join(folder, 'none.csv'))).toContain('none.csv does not exist');
  });

  test('N beyond what fib can take', async () => {
    const path = join(traceFolder({ 't.csv': 'app,func,end_timestamp,duration,n\na,f,1,0,46\n' }), 't.csv');
    expect(await complaint(path)).toContain('t.csv:2: n is "46", but must be a whole number from 0 to 45');
  });
});
