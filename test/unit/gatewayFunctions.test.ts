import { afterEach, beforeEach, expect, it } from 'vitest';
import { echoFunction, gatewayHarness, type Harness } from '../helpers/gatewayHarness.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await gatewayHarness();
});
afterEach(() => harness.close());

const put = (name: string, payload: unknown) =>
  harness.app.inject({ method: 'PUT', url: `/functions/${name}`, payload: payload as Record<string, unknown> });

it('deploys: 201 when something changed, 200 when nothing did', async () => {
  const again = await put('echo', echoFunction());
  expect(again.statusCode).toBe(200);
  const changed = await put('echo', echoFunction('export default () => 1;'));
  expect(changed.statusCode).toBe(201);
  expect(changed.json().digest).not.toBe(again.json().digest);
  expect(changed.json()).toMatchObject({ namespace: 'default', manifest: { name: 'echo', memoryMb: 256, kind: 'io' } });
  expect(changed.body).not.toContain('codePath');
});

it('deploys into a namespace', async () => {
  expect((await put('team%2Fecho', echoFunction())).statusCode).toBe(201);
  const shown = await harness.app.inject('/functions/team%2Fecho');
  expect(shown.json().key).toMatch(/^team\/echo@[0-9a-f]{12}$/);
  const call = await harness.app.inject({ method: 'POST', url: '/functions/team%2Fecho/invocations', payload: 'x' });
  expect(call.body).toBe('x');
  const listed = await harness.app.inject('/functions');
  expect(listed.json().functions.map((each: { namespace: string }) => each.namespace)).toEqual(['default', 'team']);
});

it('names everything that is wrong with a manifest', async () => {
  const answer = await put('echo', { ...echoFunction(), manifest: { handler: '../x.mjs', memoryMb: 1, kynd: 'io' } });
  expect(answer.statusCode).toBe(422);
  const { error } = answer.json();
  expect(error.code).toBe('invalid_manifest');
  expect(error.violations).toEqual([
    expect.objectContaining({ field: 'kynd', suggestion: 'kind' }),
    expect.objectContaining({ field: 'handler', value: '"../x.mjs"' }),
    expect.objectContaining({ field: 'memoryMb', value: '1', rule: expect.stringContaining('16') }),
  ]);
});

it('refuses a manifest of another name', async () => {
  const answer = await put('other', echoFunction());
  expect(answer.statusCode).toBe(422);
  expect(answer.json().error.message).toContain('"other"');
});

it.each([
  ['files that lie outside', { path: '../../evil.mjs', contentBase64: '' }, 422, 'invalid_code'],
  ['absolute paths', { path: '/evil.mjs', contentBase64: '' }, 422, 'invalid_code'],
  ['what is no base64', { path: 'x.mjs', contentBase64: '!!!not base64!!!' }, 422, 'invalid_code'],
  ['files without content', { path: 'x.mjs' }, 400, 'bad_request'],
])('refuses %s', async (_what, file, status, code) => {
  const body = echoFunction();
  const answer = await put('echo', { ...body, files: [...body.files, file] });
  expect(answer.statusCode).toBe(status);
  expect(answer.json().error.code).toBe(code);
});

it('refuses broken JSON, other media types, bad names', async () => {
  const headers = { 'content-type': 'application/json' };
  const broken = await harness.app.inject({ method: 'PUT', url: '/functions/echo', headers, payload: '{' });
  expect([broken.statusCode, broken.json().error.code]).toEqual([400, 'bad_request']);
  const media = { 'content-type': 'application/zip' };
  const zip = await harness.app.inject({ method: 'PUT', url: '/functions/echo', headers: media, payload: 'PK' });
  expect([zip.statusCode, zip.json().error.code]).toEqual([415, 'unsupported_media_type']);
  const name = await put('No_Good', echoFunction());
  expect([name.statusCode, name.json().error.code]).toEqual([400, 'bad_request']);
});

it('removes; what was accepted finishes', async () => {
  harness.queue.rule = () => 'held';
  const call = harness.app.inject({
    method: 'POST',
    url: '/functions/echo/invocations',
    headers: { 'x-invocation-id': 'a' },
  });
  await harness.queue.arrived(1);
  expect((await harness.app.inject({ method: 'DELETE', url: '/functions/echo' })).statusCode).toBe(204);
  expect((await harness.app.inject('/functions/echo')).statusCode).toBe(404);
  const refused = await harness.app.inject({ method: 'POST', url: '/functions/echo/invocations' });
  expect(refused.statusCode).toBe(404);
  const key = harness.queue.submitted[0]?.functionKey ?? '';
  expect(harness.functions.version(key)?.codePath).toBeDefined();
  harness.queue.end('a', { status: 'ok', body: Buffer.from('finished') });
  expect((await call).body).toBe('finished');
  expect((await harness.app.inject({ method: 'DELETE', url: '/functions/echo' })).statusCode).toBe(404);
});

it('takes a large function', async () => {
  const body = echoFunction();
  const large = { path: 'data.bin', contentBase64: Buffer.alloc(3 * 2 ** 20).toString('base64') };
  expect((await put('echo', { ...body, files: [...body.files, large] })).statusCode).toBe(201);
});
