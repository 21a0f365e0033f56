import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureEmbeddedStore } from '../../src/results/embedded/control.ts';
import { ResultStore } from '../../src/results/store.ts';
import { StoreAddress } from '../../src/results/storeAddress.ts';
import { ownStore } from '../helpers/embeddedStore.ts';
import { describeWith, needs } from '../helpers/services.ts';

/*
 * What faasbatch, and whoever asks with curl, needs of a store: one suite for the embedded one and for a real CouchDB.
 */

interface Target {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly dispose: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into all kinds of JSON
  readonly body: any;
  readonly headers: Headers;
}

async function embedded(): Promise<Target> {
  const credentials = { user: 'tester', password: 'p@ss:w/rd' };
  const store = ownStore(credentials);
  const { url } = await ensureEmbeddedStore(store.settings);
  return { url, ...credentials, dispose: store.dispose };
}

async function couchDb(): Promise<Target> {
  const { origin, pathname, username, password } = new URL(process.env['COUCHDB_URL'] ?? '');
  return {
    url: `${origin}${pathname}`.replace(/\/$/, ''),
    user: process.env['COUCHDB_USER'] ?? decodeURIComponent(username),
    password: process.env['COUCHDB_PASSWORD'] ?? decodeURIComponent(password),
    dispose: async () => {},
  };
}

describe('the embedded store', () => contract(embedded));
describeWith(needs.couchdb, 'CouchDB', () => contract(couchDb));

function contract(start: () => Promise<Target>): void {
  const name = `contract-${process.pid}-${randomBytes(3).toString('hex')}`;
  let target: Target;
  let store: ResultStore;

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const authorization = `Basic ${Buffer.from(`${target.user}:${target.password}`).toString('base64')}`;
    const response = await fetch(`${target.url}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers };
  }

  const put = (id: string, body: object): Promise<Answer> => ask('PUT', `/${name}/${id}`, body);
  const find = (body: object): Promise<Answer> => ask('POST', `/${name}/_find`, body);
  const view = (path: string): Promise<Answer> => ask('GET', `/${name}/_design/t/_view/${path}`);

  beforeAll(async () => {
    target = await start();
    store = new ResultStore(new StoreAddress({ ...target, database: name }));
    await store.prepare();
  });

  afterAll(async () => {
    await ask('DELETE', `/${name}`);
    await target.dispose();
  });

  describe('server and databases', () => {
    test('welcomes', async () => {
      expect((await ask('GET', '/')).body).toMatchObject({ couchdb: 'Welcome' });
      expect((await ask('GET', '/_up')).body).toMatchObject({ status: 'ok' });
      expect((await ask('GET', '/_session')).body).toMatchObject({ ok: true, userCtx: { name: target.user } });
    });

    test('creates a database once, lists it, describes it, deletes it', async () => {
      const other = `${name}-other`;
      expect(await ask('PUT', `/${other}`)).toMatchObject({ status: 201, body: { ok: true } });
      expect(await ask('PUT', `/${other}`)).toMatchObject({ status: 412, body: { error: 'file_exists' } });
      expect((await ask('GET', '/_all_dbs')).body).toEqual(expect.arrayContaining([name, other]));
      expect((await ask('GET', `/${other}`)).body).toMatchObject({ db_name: other, doc_count: 0 });
      expect((await ask('HEAD', `/${other}`)).status).toBe(200);
      expect(await ask('DELETE', `/${other}`)).toMatchObject({ status: 200, body: { ok: true } });
      expect((await ask('HEAD', `/${other}`)).status).toBe(404);
    });

    test('says which database is missing or has no proper name', async () => {
      const missing = { status: 404, body: { error: 'not_found', reason: 'Database does not exist.' } };
      expect(await ask('GET', '/no-such-database')).toMatchObject(missing);
      expect(await ask('GET', '/no-such-database/doc')).toMatchObject(missing);
      expect(await ask('DELETE', '/no-such-database')).toMatchObject({ status: 404 });
      expect(await ask('POST', '/no-such-database/_bulk_docs', { docs: [] })).toMatchObject({ status: 404 });
      expect(await ask('PUT', '/Upper')).toMatchObject({ status: 400, body: { error: 'illegal_database_name' } });
    });

    test('refuses strangers and wrong passwords', async () => {
      const authorization = `Basic ${Buffer.from(`${target.user}:wrong`).toString('base64')}`;
      const wrong = await ask('GET', `/${name}`, undefined, { authorization });
      expect(wrong).toMatchObject({
        status: 401,
        body: { error: 'unauthorized', reason: 'Name or password is incorrect.' },
      });
      const stranger = await fetch(`${target.url}/${name}`);
      expect([401, 403]).toContain(stranger.status);
    });
  });

  describe('documents', () => {
    test('are created, read, replaced by revision and deleted', async () => {
      const created = await put('a', { x: 1 });
      expect(created).toMatchObject({ status: 201, body: { ok: true, id: 'a', rev: expect.stringMatching(/^1-/) } });
      const read = await ask('GET', `/${name}/a`);
      expect(read).toMatchObject({ status: 200, body: { _id: 'a', _rev: created.body.rev, x: 1 } });
      expect(read.headers.get('etag')).toBe(`"${created.body.rev}"`);
      const replaced = await put('a', { _rev: created.body.rev, x: 2 });
      expect(replaced.body.rev).toMatch(/^2-/);
      expect(await ask('DELETE', `/${name}/a?rev=${created.body.rev}`)).toMatchObject({ status: 409 });
      expect(await ask('DELETE', `/${name}/a?rev=${replaced.body.rev}`)).toMatchObject({
        status: 200,
        body: { ok: true },
      });
      expect(await ask('GET', `/${name}/a`)).toMatchObject({
        status: 404,
        body: { error: 'not_found', reason: 'deleted' },
      });
    });

    test('that are missing, in conflict or no JSON are told so', async () => {
      expect(await ask('GET', `/${name}/none`)).toMatchObject({
        status: 404,
        body: { error: 'not_found', reason: 'missing' },
      });
      await put('c', { x: 1 });
      const conflict = { status: 409, body: { error: 'conflict', reason: 'Document update conflict.' } };
      expect(await put('c', { x: 2 })).toMatchObject(conflict);
      expect(await ask('PUT', `/${name}/bad`, '{"x":')).toMatchObject({ status: 400, body: { error: 'bad_request' } });
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      expect(await ask('POST', `/${name}/_find`, 'selector={}', form)).toMatchObject({ status: 415 });
    });

    test('get an id where they have none; ids keep colons, slashes and other letters', async () => {
      const { status, body } = await ask('POST', `/${name}`, { x: 1 });
      expect({ status, ok: body.ok, id: body.id }).toEqual({
        status: 201,
        ok: true,
        id: expect.stringMatching(/^\w{16,}$/),
      });
      for (const id of ['inv:run-1:7', 'with/slash', 'häß lich?&', 'x'.repeat(200)]) {
        expect(await put(encodeURIComponent(id), {})).toMatchObject({ status: 201, body: { id } });
        expect((await ask('GET', `/${name}/${encodeURIComponent(id)}`)).body._id).toBe(id);
      }
    });

    test('go in bulk, each with its own result', async () => {
      await put('b1', { x: 1 });
      const { status, body } = await ask('POST', `/${name}/_bulk_docs`, {
        docs: [{ _id: 'b1', x: 2 }, { _id: 'b2' }, {}],
      });
      expect(status).toBe(201);
      expect(body).toEqual([
        { id: 'b1', error: 'conflict', reason: 'Document update conflict.' },
        { ok: true, id: 'b2', rev: expect.stringMatching(/^1-/) },
        { ok: true, id: expect.any(String), rev: expect.any(String) },
      ]);
      expect(await ask('POST', `/${name}/_bulk_docs`, {})).toMatchObject({
        status: 400,
        body: { error: 'bad_request' },
      });
      const got = await ask('POST', `/${name}/_bulk_get`, { docs: [{ id: 'b2' }, { id: 'none' }] });
      expect(got.body.results[0]).toMatchObject({ id: 'b2', docs: [{ ok: { _id: 'b2' } }] });
      expect(got.body.results[1].docs[0].error).toMatchObject({ error: 'not_found' });
    });

    test('are listed by range and by keys', async () => {
      const docs = Array.from({ length: 1_200 }, (_, index) => ({
        _id: `list:${String(index).padStart(4, '0')}`,
        index,
      }));
      await ask('POST', `/${name}/_bulk_docs`, { docs });
      const list = async (query: string): Promise<Answer['body']> =>
        (await ask('GET', `/${name}/_all_docs?${query}`)).body;
      const ids = (body: Answer['body']): string[] => body.rows.map(({ id }: { id: string }) => id);
      const range = 'startkey="list:"&endkey="list;"';
      expect(ids(await list(range))).toEqual(docs.map(({ _id }) => _id));
      expect(ids(await list(`${range}&limit=2&skip=1`))).toEqual(['list:0001', 'list:0002']);
      expect(ids(await list('startkey="list;"&endkey="list:"&descending=true&limit=2'))).toEqual([
        'list:1199',
        'list:1198',
      ]);
      expect(ids(await list('startkey="list:0000"&endkey="list:0002"&inclusive_end=false'))).toEqual([
        'list:0000',
        'list:0001',
      ]);
      expect((await list('key="list:0007"&include_docs=true')).rows).toMatchObject([{ doc: { index: 7 } }]);
      const keys = { keys: ['list:0003', 'none'] };
      expect((await ask('POST', `/${name}/_all_docs?include_docs=true`, keys)).body.rows).toMatchObject([
        { id: 'list:0003', value: { rev: expect.stringMatching(/^1-/) }, doc: { index: 3 } },
        { key: 'none', error: 'not_found' },
      ]);
    });
  });

  describe('_find', () => {
    beforeAll(async () => {
      const docs = Array.from({ length: 60 }, (_, index) => ({
        _id: `find:${index}`,
        kind: 'find',
        group: index % 2 === 0 ? 'even' : 'odd',
        nested: { value: index },
        ...(index < 5 ? { rare: true } : {}),
      }));
      await ask('POST', `/${name}/_bulk_docs`, { docs });
    });

    test('makes an index once, lists it and uses it', async () => {
      const index = { index: { fields: ['group', 'nested.value'] }, name: 'by-value', ddoc: 'find-test', type: 'json' };
      const made = { id: '_design/find-test', name: 'by-value' };
      expect((await ask('POST', `/${name}/_index`, index)).body).toEqual({ result: 'created', ...made });
      expect((await ask('POST', `/${name}/_index`, index)).body).toEqual({ result: 'exists', ...made });
      const { indexes } = (await ask('GET', `/${name}/_index`)).body;
      expect(indexes[0]).toMatchObject({ name: '_all_docs', type: 'special' });
      const fields = [{ group: 'asc' }, { 'nested.value': 'asc' }];
      expect(indexes).toContainEqual(
        expect.objectContaining({ ddoc: '_design/find-test', def: expect.objectContaining({ fields }) }),
      );
      const selector = { group: 'odd', 'nested.value': { $gte: 51, $lt: 57 } };
      expect((await ask('POST', `/${name}/_explain`, { selector })).body.index).toMatchObject({ name: 'by-value' });
      const { docs, warning } = (await find({ selector, fields: ['nested.value'] })).body;
      expect(docs).toEqual([51, 53, 55].map((value) => ({ nested: { value } })));
      expect(warning).toBeUndefined();
    });

    test('sorts by an index, either way', async () => {
      const selector = { group: 'even', 'nested.value': { $gt: null } };
      const fields = ['_id'];
      const ascending = await find({ selector, fields, sort: ['group', 'nested.value'], limit: 3 });
      expect(ascending.body.docs).toEqual([0, 2, 4].map((value) => ({ _id: `find:${value}` })));
      const descending = await find({
        selector,
        fields,
        sort: [{ group: 'desc' }, { 'nested.value': 'desc' }],
        limit: 3,
      });
      expect(descending.body.docs).toEqual([58, 56, 54].map((value) => ({ _id: `find:${value}` })));
      const unsorted = await find({ selector: { kind: 'find' }, sort: ['kind'] });
      expect(unsorted).toMatchObject({ status: 400, body: { error: 'no_usable_index' } });
    });

    test.each([
      ['by an index', { group: 'odd', 'nested.value': { $gt: null } }, 30],
      ['by nothing', { kind: 'find' }, 60],
    ])('goes on from a bookmark, %s', async (_, selector, expected) => {
      const seen = new Set<string>();
      let bookmark: string | undefined;
      for (let page = 0; page < 10; page += 1) {
        const { body } = await find({ selector, limit: 25, ...(bookmark === undefined ? {} : { bookmark }) });
        for (const { _id } of body.docs) seen.add(_id);
        if (body.docs.length === 0) break;
        bookmark = body.bookmark;
      }
      expect(seen.size).toBe(expected);
    });

    test('answers without an index, and says so', async () => {
      const { docs, warning } = (await find({ selector: { rare: true } })).body;
      expect(docs).toHaveLength(5);
      expect(warning).toMatch(/No matching index found/i);
      const or = { kind: 'find', $or: [{ 'nested.value': 1 }, { 'nested.value': { $in: [2, 3] } }] };
      expect((await find({ selector: or })).body.docs).toHaveLength(3);
      expect((await find({ selector: { kind: 'find' } })).body.docs).toHaveLength(25);
    });

    test('sees what changed since the last question', async () => {
      const selector = { group: 'third', 'nested.value': { $gt: 0 } };
      expect((await find({ selector })).body.docs).toEqual([]);
      const { body } = await put('find:third', { group: 'third', nested: { value: 1 } });
      expect((await find({ selector })).body.docs).toHaveLength(1);
      await put('find:third', { _rev: body.rev, group: 'fourth', nested: { value: 1 } });
      expect((await find({ selector })).body.docs).toEqual([]);
    });

    test('refuses what it cannot read', async () => {
      expect(await find({})).toMatchObject({ status: 400 });
      expect(await find({ selector: { a: { $nope: 1 } } })).toMatchObject({ status: 400 });
      expect(await find({ selector: {}, limit: 'many' })).toMatchObject({ status: 400 });
      expect(await find({ selector: {}, bookmark: 'rubbish' })).toMatchObject({ status: 400 });
    });
  });

  describe('views', () => {
    beforeAll(async () => {
      const map = "function (doc) { if (doc.kind === 'view') emit([doc.strategy, doc.size], doc.ms); }";
      const views = {
        stats: { map, reduce: '_stats' },
        count: { map, reduce: '_count' },
        sum: { map, reduce: '_sum' },
        rows: { map },
      };
      await put('_design/t', { language: 'javascript', views });
      const docs = Array.from({ length: 40 }, (_, index) => ({
        _id: `view:${String(index).padStart(2, '0')}`,
        kind: 'view',
        strategy: index % 2 === 0 ? 'faasbatch' : 'vanilla',
        size: index % 4,
        ms: index,
      }));
      await ask('POST', `/${name}/_bulk_docs`, { docs });
    });

    test('add up all rows, or groups of them', async () => {
      const stats = (values: number[]): object => ({
        sum: values.reduce((a, b) => a + b, 0),
        count: values.length,
        min: Math.min(...values),
        max: Math.max(...values),
        sumsqr: values.reduce((a, b) => a + b * b, 0),
      });
      const all = Array.from({ length: 40 }, (_, index) => index);
      expect((await view('stats')).body.rows).toEqual([{ key: null, value: stats(all) }]);
      expect((await view('stats?group_level=1')).body.rows).toEqual([
        { key: ['faasbatch'], value: stats(all.filter((index) => index % 2 === 0)) },
        { key: ['vanilla'], value: stats(all.filter((index) => index % 2 === 1)) },
      ]);
      expect((await view('count?group=true')).body.rows).toEqual([
        { key: ['faasbatch', 0], value: 10 },
        { key: ['faasbatch', 2], value: 10 },
        { key: ['vanilla', 1], value: 10 },
        { key: ['vanilla', 3], value: 10 },
      ]);
      expect((await view('sum?group_level=1&startkey=["vanilla"]&endkey=["vanilla",{}]')).body.rows).toEqual([
        { key: ['vanilla'], value: 400 },
      ]);
      expect((await view('count?startkey=["none"]&endkey=["none",{}]')).body.rows).toEqual([]);
    });

    test('give rows in the order of their keys, by range, by key and by keys', async () => {
      const ids = async (query: string): Promise<string[]> =>
        (await view(`rows?${query}`)).body.rows.map(({ id }: { id: string }) => id);
      expect((await view('rows?limit=1')).body).toMatchObject({
        total_rows: 40,
        rows: [{ id: 'view:00', key: ['faasbatch', 0], value: 0 }],
      });
      expect(await ids('key=["faasbatch",2]&limit=2')).toEqual(['view:02', 'view:06']);
      expect(await ids('key=["faasbatch",2]&limit=2&skip=2')).toEqual(['view:10', 'view:14']);
      expect(await ids('startkey=["faasbatch",2]&endkey=["vanilla",1]&inclusive_end=false')).toHaveLength(10);
      expect(await ids('descending=true&limit=2')).toEqual(['view:39', 'view:35']);
      expect(await ids('startkey=["vanilla",{}]&endkey=["vanilla"]&descending=true')).toHaveLength(20);
      expect(await ids('startkey=["faasbatch",2]&startkey_docid=view:10&limit=2')).toEqual(['view:10', 'view:14']);
      const keys = {
        keys: [
          ['vanilla', 3],
          ['faasbatch', 0],
        ],
      };
      const posted = await ask('POST', `/${name}/_design/t/_view/rows`, keys);
      expect(posted.body.rows).toHaveLength(20);
      expect(posted.body.rows[0].id).toBe('view:03');
      expect((await view('stats?reduce=false&limit=3')).body.rows).toHaveLength(3);
      expect((await view('rows?limit=1&include_docs=true')).body.rows[0].doc).toMatchObject({ _id: 'view:00', ms: 0 });
    });

    test('follow the documents and their own definition', async () => {
      const one = await put('view:new', { kind: 'view', strategy: 'new', size: 1, ms: 5 });
      const count = async (): Promise<number> =>
        (await view('count?startkey=["new"]&endkey=["new",{}]')).body.rows[0]?.value ?? 0;
      expect(await count()).toBe(1);
      await ask('DELETE', `/${name}/view:new?rev=${one.body.rev}`);
      expect(await count()).toBe(0);
      const views = { v: { map: 'function (doc) { if (doc.kind === "view") emit(doc.ms, null); }', reduce: '_count' } };
      const made = await put('_design/u', { views });
      const rows = async (): Promise<unknown> => (await ask('GET', `/${name}/_design/u/_view/v`)).body.rows;
      expect(await rows()).toEqual([{ key: null, value: 40 }]);
      const narrower = { v: { ...views.v, map: views.v.map.replace('"view"', '"view" && doc.ms < 10') } };
      await put('_design/u', { _rev: made.body.rev, views: narrower });
      expect(await rows()).toEqual([{ key: null, value: 10 }]);
    });

    test('refuse what they cannot answer', async () => {
      expect(await view('none')).toMatchObject({ status: 404 });
      expect(await ask('GET', `/${name}/_design/none/_view/x`)).toMatchObject({ status: 404 });
      expect(await view('rows?startkey=oops')).toMatchObject({ status: 400 });
      expect(await view('rows?group=true')).toMatchObject({ status: 400, body: { error: 'query_parse_error' } });
      expect(await view('stats?limit=-1')).toMatchObject({ status: 400, body: { error: 'query_parse_error' } });
      expect(await view('rows?startkey=2&endkey=1')).toMatchObject({
        status: 400,
        body: { error: 'query_parse_error' },
      });
    });
  });

  describe('_changes', () => {
    const changes = (query: string, body?: object): Promise<Answer> =>
      ask(body === undefined ? 'GET' : 'POST', `/${name}/_changes?${query}`, body);

    test('tell what changed since, in parts and with documents', async () => {
      const since = (await changes('limit=100000')).body.last_seq;
      await put('ch1', { x: 1 });
      const second = await put('ch2', { x: 2 });
      await ask('DELETE', `/${name}/ch2?rev=${second.body.rev}`);
      const all = (await changes(`since=${since}&include_docs=true`)).body;
      // a sharded CouchDB keeps the order of changes within a document, not between documents
      const byId = new Map(all.results.map((change: { id: string }) => [change.id, change]));
      expect(byId.get('ch1')).toMatchObject({ changes: [{ rev: expect.stringMatching(/^1-/) }], doc: { x: 1 } });
      expect(byId.get('ch2')).toMatchObject({ deleted: true, changes: [{ rev: expect.stringMatching(/^2-/) }] });
      const first = (await changes(`since=${since}&limit=1`)).body;
      expect(first.results).toHaveLength(1);
      expect((await changes(`since=${first.last_seq}`)).body.results).toHaveLength(1);
      expect((await changes(`since=${all.last_seq}`)).body.results).toEqual([]);
      expect((await changes('descending=true&limit=1')).body.results).toHaveLength(1);
    });

    test('can be filtered', async () => {
      const ids = ({ body }: Answer): string[] => body.results.map(({ id }: { id: string }) => id);
      expect(ids(await changes('filter=_doc_ids', { doc_ids: ['ch1'] }))).toEqual(['ch1']);
      expect(ids(await changes('filter=_selector', { selector: { kind: 'find', 'nested.value': 7 } }))).toEqual([
        'find:7',
      ]);
      expect((await changes('filter=_selector', { selector: 7 })).status).toBe(400);
      expect((await changes('filter=_selector', {})).status).toBe(400);
      expect((await ask('GET', '/')).status).toBe(200);
    });

    test('a long poll ends with the first change, or when its time is over', async () => {
      const { last_seq: since } = (await changes('limit=100000')).body;
      const waiting = changes(`feed=longpoll&since=${since}&timeout=30000`);
      await put('poll', { x: 1 });
      expect((await waiting).body.results).toMatchObject([{ id: 'poll' }]);
      const idle = (await changes('feed=longpoll&since=now&timeout=50')).body;
      expect(idle.results).toEqual([]);
    });

    test('a continuous feed tells each change as it happens, and that it lives', async () => {
      const hangUp = new AbortController();
      const authorization = `Basic ${Buffer.from(`${target.user}:${target.password}`).toString('base64')}`;
      const response = await fetch(`${target.url}/${name}/_changes?feed=continuous&since=now&heartbeat=50`, {
        headers: { authorization },
        signal: hangUp.signal,
      });
      const seen: string[] = [];
      let text = '';
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString();
        // the first sign of life says that the feed listens
        if (seen.length === 0 && text.includes('\n')) await put(`live${seen.push('put')}`, {});
        const ids = [...text.matchAll(/"id":"(live\d)"/g)].map(([, id]) => id);
        if (ids.length === 1 && seen.length === 1) await put(`live${seen.push('put')}`, {});
        if (ids.length === 2) break;
      }
      hangUp.abort();
      expect([...text.matchAll(/"id":"(live\d)"/g)].map(([, id]) => id)).toEqual(['live1', 'live2']);
      for (const line of text.split('\n').filter((part) => part !== '')) expect(() => JSON.parse(line)).not.toThrow();
    });
  });

  describe('as the results use it', () => {
    test('takes documents once, leaves equal ones alone and replaces others', async () => {
      const docs = Array.from({ length: 1_100 }, (_, index) => ({
        _id: `res:${index}`,
        n: index,
        deep: { a: [index] },
      }));
      expect(await store.insert(docs)).toEqual({ created: 1_100, unchanged: 0, replaced: 0 });
      expect(await store.insert(docs)).toEqual({ created: 0, unchanged: 1_100, replaced: 0 });
      const changed = docs.map((doc) => (doc.n < 3 ? { ...doc, n: -1 } : doc));
      expect(await store.insert([...changed, { _id: 'res:new' }])).toEqual({
        created: 1,
        unchanged: 1_097,
        replaced: 3,
      });
      await store.insertNew([{ _id: 'res:0' }]);
      expect(await store.get('res:0')).toMatchObject({ n: -1 });
      expect(await store.get('res:none')).toBeUndefined();
    });

    test('gives them back in pages, and takes them again after they were removed', async () => {
      const found: { _id: string; _rev?: string }[] = [];
      for await (const doc of store.scan({ from: 'res:', before: 'res;' })) found.push(doc);
      expect(found).toHaveLength(1_101);
      expect(await store.remove(found)).toBe(1_101);
      expect(await store.remove(found)).toBe(0);
      expect(await store.get('res:1')).toBeUndefined();
      expect(await store.insert([{ _id: 'res:1' }])).toEqual({ created: 1, unchanged: 0, replaced: 0 });
    });

    test('says that a password is wrong, and does not say which', async () => {
      const wrong = new ResultStore(new StoreAddress({ ...target, password: 'wr0ng', database: name }));
      await expect(wrong.prepare()).rejects.toThrow(/Name or password is incorrect.": check the user and the password/);
      await expect(wrong.prepare()).rejects.toThrow(expect.objectContaining({ code: 'store_unauthorized' }));
      await expect(wrong.prepare()).rejects.toThrow(/^(?!.*wr0ng)/);
    });

    test('says that a database is missing, and makes it', async () => {
      const absent = new ResultStore(new StoreAddress({ ...target, database: `${name}-absent` }));
      const missing = { code: 'store_error', message: expect.stringContaining('Database does not exist') };
      await expect(absent.insert([{ _id: 'x' }])).rejects.toThrow(expect.objectContaining(missing));
      await absent.prepare();
      expect(await absent.insert([{ _id: 'x' }])).toMatchObject({ created: 1 });
      await ask('DELETE', `/${name}-absent`);
    });
  });
}
