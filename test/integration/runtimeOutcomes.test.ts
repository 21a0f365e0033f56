import { describe, expect, test } from 'vitest';
import { startContainer, startHandler, writeFunction } from '../helpers/containerHarness.ts';

describe('what a handler is given', () => {
  const DESCRIBE = `export default async (event) => ({
    type: event === null ? 'null' : Buffer.isBuffer(event) ? 'bytes' : typeof event,
    text: Buffer.isBuffer(event) ? event.toString('hex') : event,
    alone: Buffer.isBuffer(event) ? event.buffer instanceof ArrayBuffer : undefined,
  })`;

  test('is decoded by its content type', async () => {
    const container = await startHandler(DESCRIBE);
    const outcomes = await container
      .invoke([
        { contentType: 'application/json', body: Buffer.from('{"a":[1,"ü"]}') },
        { contentType: 'application/cloudevents+json; charset=utf-8', body: Buffer.from('7') },
        { contentType: 'application/json', body: Buffer.alloc(0) },
        { contentType: 'text/plain; charset=utf-8', body: Buffer.from('héllo') },
        { contentType: 'Text/CSV', body: Buffer.alloc(0) },
        { contentType: 'application/octet-stream', body: Buffer.from([0, 255, 7]) },
        { contentType: '', body: Buffer.from([1]) },
        { contentType: '', body: Buffer.alloc(0) },
      ])
      .done();
    expect(outcomes.map(({ value }) => value)).toEqual([
      { type: 'object', text: { a: [1, 'ü'] } },
      { type: 'number', text: 7 },
      { type: 'null', text: null },
      { type: 'string', text: 'héllo' },
      { type: 'string', text: '' },
      { type: 'bytes', text: '00ff07', alone: true },
      { type: 'bytes', text: '01', alone: true },
      { type: 'null', text: null },
    ]);
  });

  test('that is not what its type says ends as event_not_decodable, and the others do not notice', async () => {
    const container = await startHandler('export default (event) => event');
    const outcomes = await container
      .invoke([{ event: 1 }, { contentType: 'application/json', body: Buffer.from('{"a":') }, { event: 3 }])
      .done();
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'error', 'ok']);
    expect(outcomes[1]).toMatchObject({ code: 'event_not_decodable' });
    expect(outcomes[1]?.message).toContain('application/json');
    expect(outcomes[1]?.executionStartedAt).toBeUndefined();
  });

  test('comes with a context', async () => {
    const container = await startHandler(
      `export default async (event, context) => ({
        id: context.id, name: context.functionName, version: context.functionVersion,
        leftMs: context.deadline - Date.now(), aborted: context.signal.aborted,
        env: process.env.GREETING, own: process.env.FAASBATCH_SOCKET ?? null,
      })`,
      { functionKey: 'team/report@abc123', timeoutMs: 5_000, env: { GREETING: 'hello' } },
    );
    const { value } = await container.invoke([{ id: 'run:7' }]).only();
    expect(value).toEqual({
      id: 'run:7',
      name: 'report',
      version: 'abc123',
      leftMs: expect.closeTo(5_000, -3),
      aborted: false,
      env: 'hello',
      own: null,
    });
  });
});

describe('what a handler returns', () => {
  test.each([
    ['an object', '({a: [1, null], left: undefined})', 'application/json', '{"a":[1,null]}'],
    ['nothing', 'undefined', 'application/json', 'null'],
    ['null', 'null', 'application/json', 'null'],
    ['a number', '4.5', 'application/json', '4.5'],
    ['text', '"grüß"', 'text/plain; charset=utf-8', 'grüß'],
    ['empty text', '""', 'text/plain; charset=utf-8', ''],
    ['a Buffer', 'Buffer.from("bytes")', 'application/octet-stream', 'bytes'],
    ['a view', 'new Uint8Array(Buffer.from("xbytesx")).subarray(1, 6)', 'application/octet-stream', 'bytes'],
    ['an ArrayBuffer', 'new Uint8Array([104, 105]).buffer', 'application/octet-stream', 'hi'],
    ['a promise', 'Promise.resolve({ok: true})', 'application/json', '{"ok":true}'],
    ['what has a toJSON', '({toJSON: () => "instead"})', 'application/json', '"instead"'],
  ])('%s', async (_, expression, contentType, body) => {
    const container = await startHandler(`export default () => ${expression}`);
    const outcome = await container.call(null).only();
    expect(outcome).toMatchObject({ status: 'ok', contentType, end: true });
    expect(outcome.body.toString()).toBe(body);
    expect(outcome.executionEndedAt).toBeGreaterThanOrEqual(outcome.executionStartedAt ?? Number.NaN);
  });

  test.each([
    ['a BigInt', '({n: 1n})', 'BigInt'],
    ['a cycle', '(() => { const a = {}; a.a = a; return a; })()', 'circular'],
    ['a function', '(() => 1)', 'function'],
    [
      'what cannot be looked at',
      'new Proxy({}, { get(_, key) { if (key !== "then") throw new Error("locked") } })',
      'locked',
    ],
    ['a symbol', 'Symbol("s")', 'symbol'],
    ['what throws when it is written down', '({toJSON: () => { throw new Error("secret") }})', 'secret'],
  ])('%s is not serialisable', async (_, expression, named) => {
    const container = await startHandler(`export default (event) => event ?? ${expression}`);
    const outcomes = await container.invoke([{}, { event: 'fine' }]).done();
    expect(outcomes[0]).toMatchObject({ status: 'error', code: 'result_not_serialisable' });
    expect(outcomes[0]?.message).toContain(named);
    expect(outcomes[1]).toMatchObject({ status: 'ok' });
  });

  test('is too large, as text, bytes or JSON', async () => {
    const container = await startHandler(
      `export default ({ type, size }) =>
        type === 'bytes' ? Buffer.alloc(size) : type === 'text' ? 'ü'.repeat(size / 2) : ['x'.repeat(size - 4)]`,
      { maxResultBytes: 1_000 },
    );
    for (const type of ['bytes', 'text', 'json']) {
      const outcomes = await container
        .invoke([{ event: { type, size: 1_000 } }, { event: { type, size: 1_002 } }])
        .done();
      expect(outcomes[0]).toMatchObject({ status: 'ok' });
      expect(outcomes[1]).toMatchObject({ status: 'error', code: 'result_too_large' });
      expect(outcomes[1]?.message).toContain('maxResultBytes = 1000');
    }
  });

  test('goes out large, beside small ones', async () => {
    const container = await startHandler(
      'export default ({ size }) => Buffer.from(Array.from({ length: size }, (_, at) => at % 253))',
    );
    const batch = container.invoke([{ event: { size: 3_000_000 } }, { event: { size: 3 } }, { event: { size: 2 } }]);
    const outcomes = await batch.done();
    expect(outcomes.map(({ body }) => body.length)).toEqual([3_000_000, 3, 2]);
    expect(outcomes[0]?.body.every((byte, at) => byte === at % 253)).toBe(true);
    expect(batch.outcomes.map(({ end }) => end)).toEqual([false, false, true]);
  });
});

describe('what a handler throws', () => {
  test.each([
    ['an Error', 'new Error("broken")', 'broken'],
    ['another Error', 'new TypeError("wrong")', 'TypeError: wrong'],
    ['null', 'null', 'null was thrown'],
    ['undefined', 'undefined', 'undefined was thrown'],
    ['text', '"just text"', 'just text'],
    ['a number', '7', '7 was thrown'],
    ['an object', '({ status: 404 })', '{ status: 404 } was thrown'],
    ['what cannot be looked at', 'new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 1 } })', 'was thrown'],
    [
      'an Error that cannot be read',
      'Object.defineProperty(new Error(), "message", { get() { throw 1 } })',
      'described',
    ],
  ])('%s', async (_, expression, message) => {
    const container = await startHandler(`
      export default (event) => { if (event === 'sync') throw ${expression}; return Promise.reject(${expression}); }`);
    const outcomes = await container.invoke([{ event: 'sync' }, { event: 'async' }]).done();
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'error', code: 'handler_error' });
      expect(outcome.message).toContain(message);
      expect(outcome.executionStartedAt).toBeDefined();
    }
  });

  test('is told in a few kilobytes, with its stack in the log', async () => {
    const container = await startHandler(
      'export default function named() { throw new Error(event => event, "x".repeat(1)) }',
    );
    const [line] = (await container.call(null).only()).logs ?? [];
    expect(line).toMatchObject({ level: 'error' });
    expect(line?.text).toContain('at named (file://');
    const long = await startHandler('export default () => { throw new Error("ü".repeat(1_000_000)) }');
    const { message } = await long.call(null).only();
    expect(Buffer.byteLength(message ?? '')).toBeLessThanOrEqual(4_096);
    expect(message).toMatch(/^ü+$/);
  });
});

describe('which function of a module is the handler', () => {
  test.each([
    ['a default export', 'a.mjs', 'export default () => "it"', 'a.mjs'],
    ['an async one', 'a.mjs', 'export default async () => "it"', 'a.mjs'],
    ['a named export', 'a.mjs', 'export const other = () => "it"; export default 1', 'a.mjs#other'],
    ['module.exports', 'a.cjs', 'module.exports = () => "it"', 'a.cjs'],
    ['exports.handler', 'a.cjs', 'exports.handler = async () => "it"', 'a.cjs'],
    ['exports.default', 'a.cjs', 'exports.__esModule = true; exports.default = () => "it"', 'a.cjs'],
    ['a name in module.exports', 'a.cjs', 'const e = { other: () => "it" }; module.exports = e', 'a.cjs#other'],
  ])('%s', async (_, file, source, handler) => {
    const container = await startContainer();
    await container.init({ codePath: await writeFunction({ [file]: source }), handler });
    expect((await container.call(null).only()).body.toString()).toBe('it');
  });
});
