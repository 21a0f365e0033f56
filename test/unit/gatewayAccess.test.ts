import { afterEach, describe, expect, it } from 'vitest';
import { assertSafeBind } from '../../src/gateway/bind.ts';
import { FaasError } from '../../src/protocol/errors.ts';
import { gatewayHarness, type Harness } from '../helpers/gatewayHarness.ts';

const KEY = 'first-key-0123456789';
const OTHER_KEY = 'second-key-0123456789';

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

async function get(url: string, headers: Record<string, string>) {
  if (harness === undefined) throw new Error('no gateway');
  return harness.app.inject({ url, headers });
}

describe('with API keys', () => {
  it.each([
    ['none', {}, 401],
    ['a wrong one', { 'x-api-key': 'wrong' }, 401],
    ['a prefix of one', { 'x-api-key': KEY.slice(0, -1) }, 401],
    ['a blank one', { authorization: 'Bearer ' }, 401],
    ['another scheme', { authorization: `Basic ${KEY}` }, 401],
    ['the first', { 'x-api-key': KEY }, 200],
    ['the second, as bearer', { authorization: `Bearer ${OTHER_KEY}` }, 200],
    ['one, from another origin', { 'x-api-key': KEY, origin: 'https://example.org', host: 'example.org' }, 200],
  ])('%s', async (_what, headers, status) => {
    harness = await gatewayHarness({ host: '0.0.0.0', apiKeys: [KEY, OTHER_KEY] });
    const answer = await get('/functions', headers);
    expect(answer.statusCode).toBe(status);
    if (status === 401) {
      expect(answer.json().error.code).toBe('unauthorized');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  it('guards every route but health and documentation', async () => {
    harness = await gatewayHarness({ host: '0.0.0.0', apiKeys: [KEY] });
    for (const url of ['/functions', '/functions/echo', '/functions/echo/logs', '/invocations/x', '/metrics']) {
      expect((await get(url, {})).statusCode, url).toBe(401);
    }
    for (const url of ['/healthz', '/readyz', '/docs/json']) expect((await get(url, {})).statusCode, url).toBe(200);
    const call = await harness.app.inject({ method: 'POST', url: '/functions/echo/invocations', payload: 'x' });
    expect(call.statusCode).toBe(401);
    expect(call.headers['x-invocation-id']).toBeDefined();
    const run = await harness.app.inject({
      method: 'POST',
      url: '/run',
      payload: { azure_data: { function_name: 'echo' } },
    });
    expect(run.statusCode).toBe(401);
    expect(harness.queue.submitted).toHaveLength(0);
  });
});

describe('without keys, on loopback', () => {
  it.each([
    ['localhost:8080', undefined, 200],
    ['127.0.0.1', undefined, 200],
    ['127.0.0.1:1', 'http://127.0.0.1:1', 200],
    ['[::1]:8080', 'http://[::1]:8080', 200],
    ['evil.example', undefined, 403],
    ['evil.example:8080', undefined, 403],
    ['127.0.0.1.evil.example', undefined, 403],
    ['localhost.evil.example', undefined, 403],
    ['[::2]:8080', undefined, 403],
    ['LOCALHOST:80', undefined, 200],
    ['localhost:80:80', undefined, 403],
    ['localhost@evil.example', undefined, 403],
    ['localhost:8080', 'https://evil.example', 403],
    ['localhost:8080', 'http://localhost:9090', 403],
    ['localhost:8080', 'null', 403],
  ])('Host %j, Origin %j: %i', async (host, origin, status) => {
    harness = await gatewayHarness();
    const headers = { host, ...(origin !== undefined && { origin }) };
    for (const url of ['/functions', '/healthz', '/docs/json', '/metrics']) {
      const answer = await get(url, headers);
      expect(answer.statusCode, url).toBe(status);
      if (status === 403) expect(answer.json().error.code).toBe('forbidden_origin');
    }
  });
});

describe('assertSafeBind', () => {
  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('%s needs no key', (host) => {
    expect(() => assertSafeBind(host, [])).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '192.168.1.2', 'example.org', '127.0.0.1.example.org'])('%s needs one', (host) => {
    expect(() => assertSafeBind(host, [])).toThrow(FaasError);
    expect(() => assertSafeBind(host, [])).toThrow(/FAASBATCH_API_KEYS/);
    expect(() => assertSafeBind(host, ['some-key'])).not.toThrow();
  });

  it('takes no blank key', () => {
    expect(() => assertSafeBind('0.0.0.0', ['good', ' '])).toThrow(/blank/);
  });

  it('is asked by the gateway itself', async () => {
    await expect(gatewayHarness({ host: '0.0.0.0' })).rejects.toThrow(/0\.0\.0\.0/);
  });
});
