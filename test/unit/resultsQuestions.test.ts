import { inspect } from 'node:util';
import { transformSync } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../src/results/backoff.ts';
import { DESIGN_DOCUMENTS } from '../../src/results/designDocuments.ts';
import { statisticOf } from '../../src/results/statistics.ts';
import { StoreAddress } from '../../src/results/storeAddress.ts';
import { isPassing, storeError } from '../../src/results/storeErrors.ts';
import { holds, parseWhere } from '../../src/results/where.ts';

const invocation = {
  strategy: 'faasbatch',
  dispatchIntervalMs: 200,
  status: 'error',
  code: 'a,b|c',
  attempt: 2,
  workScale: { k: 2 },
  latencyMs: { endToEnd: 120, coldStart: 0 },
};

function meets(where: string): boolean {
  return parseWhere(where).every((condition) => holds(condition, invocation));
}

describe('where', () => {
  test.each([
    'strategy=faasbatch,status!=ok,endToEnd>100',
    'endToEnd >= 120 , endToEnd <= 120',
    'endToEnd<0.2s',
    'dispatchIntervalMs=200ms',
    'dispatchIntervalMs=0.2s',
    'status=timeout|error',
    'attempt=1|2',
    'code="a,b|c"',
    'startKind=',
    'code!=',
    'coldStart=0',
    'workScale.k=2',
    '',
  ])('%s holds', (where) => {
    expect(meets(where)).toBe(true);
  });

  test.each([
    'strategy=faasbatch,status=ok',
    'endToEnd>120',
    'execution>0',
    'execution<1e9',
    'status!=timeout|error',
    'code=',
    'startKind!=',
    'coldStart=',
  ])('%s does not', (where) => {
    expect(meets(where)).toBe(false);
  });

  test.each([
    ['strategi=x', 'invocations have no field "strategi". Did you mean "strategy"?'],
    ['endtoend>1', 'Did you mean "endToEnd"?'],
    ['status', 'condition "status" must be a field, one of = != < <= > >=, and a value'],
    ['status>ok', 'status is text: it can be compared by = and != alone, not by >'],
    ['endToEnd>soon', 'endToEnd: "soon" must be a time (100, 100ms, 1.5s)'],
    ['endToEnd>', 'endToEnd: "" must be a time'],
    ['attempt=one', 'attempt: "one" must be a number'],
    ['code="a', 'a double quote is not closed'],
  ])('%s is refused', (where, message) => {
    expect(() => parseWhere(where)).toThrow(message);
    expect(() => parseWhere(where)).toThrow(expect.objectContaining({ code: 'invalid_query' }));
  });
});

describe('statistics', () => {
  const of = (name: string, values: number[]): number | null => statisticOf(name).of(Float64Array.from(values).sort());

  test('are exact', () => {
    const values = [4, 1, 3, 2];
    expect(['count', 'sum', 'mean', 'min', 'max'].map((name) => of(name, values))).toEqual([4, 10, 2.5, 1, 4]);
    expect(of('p50', values)).toBe(2.5);
    expect(of('p99.9', values)).toBeCloseTo(3.997);
    expect(of('std', values)).toBeCloseTo(1.29099);
  });

  test('of nothing are null, but for those that count', () => {
    expect(['mean', 'min', 'max', 'std', 'p98'].map((name) => of(name, []))).toEqual([null, null, null, null, null]);
    expect(of('count', [])).toBe(0);
  });

  test.each(['maen', 'p101', 'p', 'toString'])('%s is refused', (name) => {
    expect(() => statisticOf(name)).toThrow(`statistic "${name}" must be one of count, sum, mean`);
  });
});

describe('map functions', () => {
  const maps = DESIGN_DOCUMENTS.flatMap(({ _id, views }) =>
    Object.entries(views).map(([name, { map }]) => [`${_id}/${name}`, map] as const),
  );

  test.each(maps)('%s is ES5, as CouchDB wants it', (_, map) => {
    const options = { minifyWhitespace: true, logLevel: 'silent' } as const;
    expect(transformSync(`(${map})`, { ...options, target: 'es5' }).code).toBe(
      transformSync(`(${map})`, { ...options, target: 'esnext' }).code,
    );
  });

  test('the check notices newer syntax', () => {
    const options = { logLevel: 'silent' } as const;
    const newer = '(function (doc) { emit(doc?.a ?? 1); })';
    expect(transformSync(newer, { ...options, target: 'es5' }).code).not.toBe(
      transformSync(newer, { ...options, target: 'esnext' }).code,
    );
  });
});

describe('the address of a store', () => {
  test('shows no credentials, whichever way it is printed', () => {
    const address = new StoreAddress({ url: 'http://me:s3cr%40t@db.example:5984/couch/' });
    expect(address.url).toBe('http://db.example:5984/couch');
    expect(address.headers()).toEqual({ Authorization: `Basic ${Buffer.from('me:s3cr@t').toString('base64')}` });
    const printed = [
      inspect(address),
      JSON.stringify(address),
      String(address),
      inspect({ address }, { showHidden: true }),
    ];
    for (const text of printed) expect(text).not.toMatch(/s3cr|me:|Basic/);
  });

  test('takes user and password from beside the URL, too', () => {
    const address = new StoreAddress({ url: 'http://db:5984', user: 'me', password: 'p' });
    expect(address.hasCredentials).toBe(true);
    expect(new StoreAddress({ url: 'http://db:5984' }).hasCredentials).toBe(false);
  });

  test.each([
    [{ url: 'db:5984:x' }, 'COUCHDB_URL'],
    [{ url: 'ftp://db' }, 'COUCHDB_URL begins with "ftp:"'],
    [{ url: 'http://db', database: 'Big' }, 'database "Big" must be a small letter'],
  ])('%o is refused', (options, message) => {
    expect(() => new StoreAddress(options)).toThrow(message);
  });

  test('a URL that is refused is not repeated in the error', () => {
    expect(() => new StoreAddress({ url: 'me:s3cret@db' })).toThrow(/^(?!.*s3cret)/);
  });
});

describe('errors of the store', () => {
  const address = new StoreAddress({ url: 'http://me:s3cret@db:5984' });

  test('say what to do, and nothing of the request', () => {
    const request = { headers: { Authorization: 'Basic s3cret' } };
    const error = storeError(address, { statusCode: 401, reason: 'Name or password is incorrect.', request });
    expect(error).toMatchObject({ code: 'store_unauthorized' });
    expect(error.message).toContain('Name or password is incorrect.": check the user and the password');
    expect(inspect(error, { depth: 9 })).not.toContain('s3cret');
  });

  test.each([
    [{ message: 'error happened in your connection. Reason: Error: connect ECONNREFUSED' }, 'store_unreachable', true],
    [{ statusCode: 503, reason: 'busy' }, 'store_error', true],
    [{ statusCode: 404, reason: 'Database does not exist.' }, 'store_error', true],
    [{ statusCode: 400, reason: 'bad' }, 'store_error', false],
    [{ statusCode: 403, reason: 'no' }, 'store_unauthorized', false],
  ])('%o', (thrown, code, passing) => {
    const error = storeError(address, thrown);
    expect(error.code).toBe(code);
    expect(isPassing(error)).toBe(passing);
  });
});

test('back-off doubles up to 5 s and spreads', () => {
  expect([1, 2, 3, 10].map((failures) => backoffMs(failures, () => 1))).toEqual([100, 200, 400, 5_000]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const ms = backoffMs(failures, () => random);
      expect(ms).toBeGreaterThanOrEqual(50);
      expect(ms).toBeLessThanOrEqual(5_000);
    }),
  );
});
