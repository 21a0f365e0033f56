import fc from 'fast-check';
import { collate } from 'pouchdb-collate';
import { describe, expect, test } from 'vitest';
import { authenticate, checkAddressed } from '../../src/results/embedded/guard.ts';
import { ALL_DOCS_INDEX, type MangoIndex } from '../../src/results/embedded/mangoIndex.ts';
import { type FindPlan, planFind, readFindRequest } from '../../src/results/embedded/mangoPlan.ts';
import { compileMap } from '../../src/results/embedded/mapFunction.ts';
import { startReduction } from '../../src/results/embedded/reduce.ts';
import { type RowRange, RowStore } from '../../src/results/embedded/rowStore.ts';
import { temporaryFolder } from '../helpers/resultRecords.ts';

describe('map functions', () => {
  test('emit rows in order, with null for what is missing', () => {
    const map = compileMap('function (doc) { emit(doc.a, doc.b); emit([doc.a, 1]); }');
    expect(map([{ a: 1, b: 2 }, { a: 'x' }])).toEqual([
      [
        { key: 1, value: 2 },
        { key: [1, 1], value: null },
      ],
      [
        { key: 'x', value: null },
        { key: ['x', 1], value: null },
      ],
    ]);
  });

  test('that throw over a document emit nothing for it', () => {
    const map = compileMap('function (doc) { emit(1); if (doc.bad) throw new Error("no"); }');
    expect(map([{ bad: true }, {}])).toEqual([[], [{ key: 1, value: null }]]);
  });

  test('that do not end fail instead of stopping the server', () => {
    expect(() => compileMap('function (doc) { for (;;); }', 50)([{}])).toThrow('timed out');
  });

  test('have no way to the process', () => {
    const escapes = [
      'this.constructor.constructor("return process")().pid',
      'emit.constructor("return process")().pid',
      'Object.getPrototypeOf(emit).constructor("return process")().pid',
      'doc.constructor.constructor("return process")().pid',
      'process.pid',
      'require("fs")',
      'globalThis.process.pid',
    ];
    for (const way of escapes) {
      const map = compileMap(`function (doc) { var got; try { got = ${way}; } catch (e) { got = null; } emit(got); }`);
      expect(map([{}]), way).toEqual([[{ key: null, value: null }]]);
    }
  });

  test('that are none are refused', () => {
    expect(() => compileMap('function (doc) {')).toThrow('map function: SyntaxError');
  });
});

describe('reductions', () => {
  test('_stats, _sum and _count', () => {
    const results = (['_stats', '_sum', '_count'] as const).map((name) => {
      const reduction = startReduction(name);
      for (const value of [1, 2, 4]) reduction.add(value);
      return reduction.result;
    });
    expect(results).toEqual([{ sum: 7, count: 3, min: 1, max: 4, sumsqr: 21 }, 7, 3]);
  });

  test('of what is no number are refused', () => {
    expect(() => startReduction('_stats').add('x')).toThrow('requires that map values be numbers: "x"');
  });
});

describe('rows on disk', () => {
  async function rowsIn(store: RowStore, range: RowRange): Promise<[unknown, string][]> {
    const rows: [unknown, string][] = [];
    for await (const { key, id } of store.rows(range)) rows.push([key, id]);
    return rows;
  }

  test('stand in the order of their keys, whatever those are, and ranges cut them there', async () => {
    const store = new RowStore(temporaryFolder());
    const keys = [null, false, true, -1.5, 0, 3, 20, 'a', 'b', '\u0000', 'aa', ['a'], ['a', 1], ['a', {}], { x: 1 }];
    await store.update(
      keys.map((key, index) => ({ id: `d${index}`, emitted: [{ key, value: 1 }], isNew: true })),
      1,
    );
    const ordered = [...keys].sort((a, b) => collate(a, b));
    const keysOf = async (range: RowRange): Promise<unknown[]> => (await rowsIn(store, range)).map(([key]) => key);
    expect(await keysOf({})).toEqual(ordered);
    expect(await keysOf({ descending: true })).toEqual(ordered.toReversed());
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...keys),
        fc.constantFrom(...keys),
        fc.boolean(),
        fc.boolean(),
        async (a, b, inclusiveEnd, descending) => {
          const [low, high] = collate(a, b) <= 0 ? [a, b] : [b, a];
          const within = ordered.filter((key) => collate(key, low) >= 0 && collate(key, high) <= 0);
          const expected = (descending ? within.toReversed() : within).filter(
            (key) => inclusiveEnd || collate(key, descending ? low : high) !== 0,
          );
          const ends = descending ? { startkey: high, endkey: low } : { startkey: low, endkey: high };
          expect(await keysOf({ ...ends, inclusiveEnd, descending })).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
    await store.close();
  });

  test('equal keys stand by document, and a document may emit one key twice', async () => {
    const store = new RowStore(temporaryFolder());
    const twice = [
      { key: 1, value: 'x' },
      { key: 1, value: 'y' },
    ];
    await store.update(
      ['b', 'a', 'c'].map((id) => ({ id, emitted: twice, isNew: true })),
      3,
    );
    expect((await rowsIn(store, {})).map(([, id]) => id)).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
    expect((await rowsIn(store, { startkey: 1, startkeyDocid: 'b' })).map(([, id]) => id)).toEqual([
      'b',
      'b',
      'c',
      'c',
    ]);
    expect((await rowsIn(store, { startkey: 1, endkey: 1, endkeyDocid: 'a' })).map(([, id]) => id)).toContain('a');
    expect(await store.state()).toEqual({ sequence: 3, rows: 6 });
    await store.close();
  });

  test('of a changed document replace those that it had', async () => {
    const store = new RowStore(temporaryFolder());
    const emitted = (key: unknown): { key: unknown; value: null }[] => [{ key, value: null }];
    await store.update(
      [
        { id: 'a', emitted: emitted(1), isNew: true },
        { id: 'b', emitted: emitted(2), isNew: true },
      ],
      2,
    );
    await store.update(
      [
        { id: 'a', emitted: emitted(3), isNew: false },
        { id: 'b', emitted: [], isNew: false },
      ],
      4,
    );
    expect(await rowsIn(store, {})).toEqual([[3, 'a']]);
    expect(await store.state()).toEqual({ sequence: 4, rows: 1 });
    await store.close();
  });

  test('a place is one that a later question goes on behind', async () => {
    const store = new RowStore(temporaryFolder());
    await store.update(
      ['a', 'b', 'c'].map((id) => ({ id, emitted: [{ key: 1, value: 0 }], isNew: true })),
      3,
    );
    const first = (await store.rows({}).next()).value;
    expect((await rowsIn(store, { after: first?.place })).map(([, id]) => id)).toEqual(['b', 'c']);
    expect((await rowsIn(store, { after: first?.place, descending: true })).map(([, id]) => id)).toEqual([]);
    await store.close();
  });
});

describe('the plan of a `_find`', () => {
  const index = (...fields: string[]): MangoIndex => ({
    ddoc: `_design/${fields.join('-')}`,
    name: 'i',
    fields,
    partial: undefined,
  });
  const plan = (body: object, ...indexes: MangoIndex[]): FindPlan =>
    planFind(readFindRequest({ ...body }), [ALL_DOCS_INDEX, ...indexes]);

  test('takes the index with the most leading fields held equal', () => {
    const selector = { a: 1, b: 2, c: { $gt: 3 } };
    const {
      index: best,
      low,
      high,
    } = plan({ selector }, index('a'), index('a', 'b', 'c'), index('b', 'c'), index('c'));
    expect(best.fields).toEqual(['a', 'b', 'c']);
    expect(low).toEqual([1, 2, 3]);
    expect(high).toEqual([1, 2, { '\uffff': {} }]);
  });

  test('does not take an index that would leave out documents that match', () => {
    expect(plan({ selector: { a: 1 } }, index('a', 'b')).index).toBe(ALL_DOCS_INDEX);
    expect(plan({ selector: { a: 1, b: { $exists: false } } }, index('a', 'b')).index).toBe(ALL_DOCS_INDEX);
    expect(plan({ selector: { a: 1, b: { $ne: 1 } } }, index('a', 'b')).index).toBe(ALL_DOCS_INDEX);
    expect(plan({ selector: { a: 1, b: { $exists: true } } }, index('a', 'b')).index.fields).toEqual(['a', 'b']);
  });

  test('gives the order asked for, or says that no index does', () => {
    const sorted = plan({ selector: { a: 1 }, sort: [{ b: 'desc' }] }, index('a', 'b'));
    expect(sorted).toMatchObject({ descending: true, low: [1] });
    expect(() => plan({ selector: { a: 1 }, sort: ['b'] }, index('a'))).toThrow('No index exists for this sort');
    expect(() => plan({ selector: { a: { $gt: 1 } }, sort: ['b'] }, index('a', 'b'))).toThrow('No index exists');
    expect(() => plan({ selector: {}, sort: ['a', { b: 'desc' }] }, index('a', 'b'))).toThrow('single direction');
  });

  test('warns where all documents are read', () => {
    expect(plan({ selector: { a: 1 } }).warning).toContain('No matching index found');
    expect(plan({ selector: { _id: { $gte: 'x' } } }).warning).toBeUndefined();
  });

  test('takes the index that was named, where it can', () => {
    const [one, other] = [index('a'), index('a', 'b')];
    const selector = { a: 1, b: { $gt: 0 } };
    expect(plan({ selector, use_index: 'a' }, one, other).index).toBe(one);
    expect(plan({ selector, use_index: '_design/c' }, one, other)).toMatchObject({
      index: other,
      warning: expect.stringContaining('not used'),
    });
  });
});

describe('the guard', () => {
  test.each(['localhost:1', '127.0.0.1', '127.0.0.1:5984', '[::1]:80', 'LOCALHOST'])('lets %s in', (host) => {
    expect(() => checkAddressed({ host })).not.toThrow();
  });

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '192.168.0.1', ''])(
    'refuses %s',
    (host) => {
      expect(() => checkAddressed({ host })).toThrow('is not this server');
    },
  );

  test('refuses pages from elsewhere', () => {
    expect(() => checkAddressed({ host: 'localhost:1', origin: 'http://localhost:2' })).toThrow('Origin');
    expect(() => checkAddressed({ host: 'localhost:1', origin: 'http://localhost:1' })).not.toThrow();
  });

  test('knows its user', () => {
    const expected = { user: 'me', password: 'p:w' };
    const authorization = (text: string): { authorization: string } => ({
      authorization: `Basic ${Buffer.from(text).toString('base64')}`,
    });
    expect(authenticate(expected, authorization('me:p:w'))).toBe('me');
    expect(authenticate(expected, {})).toBeNull();
    expect(() => authenticate(expected, authorization('me:p'))).toThrow('Name or password is incorrect.');
    expect(() => authenticate(expected, { authorization: 'Bearer x' })).toThrow('Name or password is incorrect.');
  });
});
