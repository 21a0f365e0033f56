import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { faasbatch } from '../helpers/cli.ts';
import { describeWith, needs } from '../helpers/services.ts';

interface Finding {
  readonly name: string;
  readonly status: string;
  readonly found: string;
  readonly meaning?: string;
}

async function doctor(env: NodeJS.ProcessEnv): Promise<{ code: number | null; findings: Record<string, Finding> }> {
  const { code, stdout, stderr } = await faasbatch(['doctor', '--json'], { env });
  expect(stderr).toBe('');
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return { code, findings: Object.fromEntries(findings.map((finding) => [finding.name, finding])) };
}

/** A loopback port where nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('doctor', () => {
  test('tells what there is, and what the missing would add', async () => {
    const nowhere = `unix:///nowhere/${process.pid}.sock`;
    const { code, findings } = await doctor({ DOCKER_HOST: nowhere });
    expect(code).toBe(0);
    expect(findings['Node.js']).toMatchObject({ status: 'ok', found: expect.stringContaining(process.versions.node) });
    expect(findings['Redis']).toMatchObject({ status: 'absent', meaning: expect.stringContaining('would add') });
    expect(findings['Docker']).toMatchObject({ status: 'absent', meaning: expect.stringContaining('would add') });
    for (const name of [
      'cores',
      'memory',
      'home',
      'sockets',
      'open files',
      '/proc',
      'control groups',
      'result store',
    ]) {
      expect(findings[name]?.found, name).toBeTruthy();
    }
  });

  test('prints a line for each, and what to do about problems', async () => {
    const env = { REDIS_URL: `redis://127.0.0.1:${await closedPort()}` };
    const { code, stdout, stderr } = await faasbatch(['doctor'], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok +Node\.js +\d+/m);
    expect(stdout).toMatch(/^x +Redis +redis:.* does not answer: .*ECONNREFUSED.*\n +start it, or unset REDIS_URL/m);
    expect(stderr).toContain('to be mended: Redis');
  });

  test('says that a socket cannot have so long a path', async () => {
    const { code, findings } = await doctor({ XDG_RUNTIME_DIR: `/tmp/${'long'.repeat(20)}` });
    expect(code).toBe(1);
    expect(findings['sockets']).toMatchObject({ status: 'problem', meaning: expect.stringContaining('107 bytes') });
  });

  test('says that the home folder cannot be written', async () => {
    const { findings } = await doctor({ FAASBATCH_HOME: '/dev/null/home' });
    expect(findings['home']).toMatchObject({ status: 'problem' });
  });
});

describe('doctor and CouchDB', () => {
  let server: Server | undefined;

  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
  });

  /** Answers like a CouchDB's root and, to those who know the password, like its list of databases. */
  async function serve(welcome: unknown): Promise<string> {
    server = createServer((request, response) => {
      const known = request.headers.authorization === `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
      response.statusCode = request.url === '/' || known ? 200 : 401;
      response.end(JSON.stringify(request.url === '/' ? welcome : []));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const WELCOME = { couchdb: 'Welcome', version: '3.5.0' };

  test('that answers and knows us', async () => {
    const url = await serve(WELCOME);
    const { code, findings } = await doctor({ COUCHDB_URL: url, COUCHDB_USER: 'me', COUCHDB_PASSWORD: 'hunter2' });
    expect(code).toBe(0);
    expect(findings['CouchDB']).toMatchObject({ status: 'ok', found: expect.stringContaining('3.5.0') });
  });

  test('that refuses us', async () => {
    const url = await serve(WELCOME);
    const { code, findings } = await doctor({ COUCHDB_URL: url, COUCHDB_USER: 'me', COUCHDB_PASSWORD: 'wrong' });
    expect(code).toBe(1);
    expect(findings['CouchDB']).toMatchObject({ status: 'problem', found: expect.stringContaining('refuses') });
    expect(JSON.stringify(findings)).not.toContain('wrong');
  });

  test('that is something else', async () => {
    const { findings } = await doctor({ COUCHDB_URL: await serve({ hello: 'world' }) });
    expect(findings['CouchDB']).toMatchObject({ status: 'problem', found: expect.stringContaining('no CouchDB') });
  });

  test('that does not answer', async () => {
    const { findings } = await doctor({ COUCHDB_URL: `http://127.0.0.1:${await closedPort()}` });
    expect(findings['CouchDB']).toMatchObject({ status: 'problem', found: expect.stringContaining('ECONNREFUSED') });
  });
});

describeWith(needs.redis, 'doctor and a Redis that is there', () => {
  test('tells its version', async () => {
    const { findings } = await doctor({ REDIS_URL: process.env['REDIS_URL'] });
    expect(findings['Redis']).toMatchObject({ status: 'ok', found: expect.stringMatching(/^\d+\.\d+.* at redis:/) });
  });
});

describeWith(needs.docker, 'doctor and a Docker daemon that is there', () => {
  test('tells its version', async () => {
    const { findings } = await doctor({});
    expect(findings['Docker']).toMatchObject({ status: 'ok', found: expect.stringMatching(/^\d+\.\d+.*, API \d/) });
  });
});
