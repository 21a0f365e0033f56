import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gatewayHarness, type Harness } from '../helpers/gatewayHarness.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await gatewayHarness();
});
afterEach(() => harness.close());

it.each([
  ['starting', 503, 'not_ready'],
  ['ready', 200, undefined],
  ['draining', 503, 'draining'],
] as const)('while %s, /readyz is %i', async (state, status, code) => {
  harness.state = state;
  const answer = await harness.app.inject('/readyz');
  expect(answer.statusCode).toBe(status);
  expect(answer.json().error?.code).toBe(code);
  expect((await harness.app.inject('/healthz')).statusCode).toBe(200);
});

it('/metrics is what Prometheus reads', async () => {
  await harness.app.inject({ method: 'POST', url: '/functions/echo/invocations' });
  const answer = await harness.app.inject('/metrics');
  expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4');
  expect(answer.body).toContain('faasbatch_invocations_total{status="ok",code=""} 1');
  expect(answer.body).toContain('faasbatch_invocation_duration_seconds_count{stage="total"} 1');
});

it('an unknown route has the shape of every error', async () => {
  const answer = await harness.app.inject('/nothing/here');
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toEqual({ error: { code: 'not_found', message: expect.stringContaining('/nothing/here') } });
});

it.each(['/functions/%', `/functions/${'x'.repeat(300)}`])('a path that cannot be read as well: %s', async (url) => {
  const answer = await harness.app.inject(url);
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(answer.statusCode).toBeLessThan(500);
  expect(answer.json().error.code).toMatch(/^(bad_request|not_found)$/);
});

describe('OpenAPI', () => {
  type Operation = {
    summary?: string;
    tags?: string[];
    responses: Record<string, { description?: string; content?: object }>;
  };
  type Document = { openapi: string; paths: Record<string, Record<string, Operation>> };

  const read = async (): Promise<Document> => (await harness.app.inject('/docs/json')).json();

  it('has every route', async () => {
    const { openapi, paths } = await read();
    expect(openapi).toBe('3.1.0');
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes.sort()).toEqual(
      [
        'get /functions',
        'get /functions/{name}',
        'put /functions/{name}',
        'delete /functions/{name}',
        'post /functions/{name}/invocations',
        'get /functions/{name}/logs',
        'get /invocations/{invocationId}',
        'get /invocations/{invocationId}/result',
        'post /run',
        'get /healthz',
        'get /readyz',
        'get /metrics',
      ].sort(),
    );
  });

  it('says of every answer when it happens', async () => {
    const { paths } = await read();
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const where = `${method} ${path}`;
        expect(operation.summary, where).toBeTruthy();
        expect(operation.tags, where).toHaveLength(1);
        const answers = Object.entries(operation.responses);
        expect(
          answers.some(([status]) => status.startsWith('2')),
          where,
        ).toBe(true);
        expect(
          answers.some(([status]) => status.startsWith('4')),
          where,
        ).toBe(true);
        for (const [status, answer] of answers) {
          expect(answer.description, `${where} ${status}`).toBeTruthy();
          expect(answer.description, `${where} ${status}`).not.toBe('Default Response');
        }
      }
    }
    const call = paths['/functions/{name}/invocations']?.['post'];
    expect(Object.keys(call?.responses ?? {}).sort()).toEqual(
      ['200', '202', '400', '401', '403', '404', '409', '413', '415', '429', '500', '502', '503', '504'].sort(),
    );
    expect(JSON.stringify(call?.responses['429'])).toContain('maxQueueLength');
    expect(JSON.stringify(call?.responses['504']?.content)).toContain('invocationId');
  });

  it('has a page for people', async () => {
    const page = await harness.app.inject('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
  });
});
