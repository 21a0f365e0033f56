import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processStartTime } from '../../src/lib/processIdentity.ts';
import { type CliRun, faasbatch } from '../helpers/cli.ts';

let home = '';
let env: NodeJS.ProcessEnv = {};
const store = (name: string, changes: NodeJS.ProcessEnv = {}, ...flags: string[]): Promise<CliRun> =>
  faasbatch(['store', name, ...flags], { env: { ...env, ...changes } });
const answer = async (...call: Parameters<typeof store>): Promise<Record<string, unknown>> =>
  JSON.parse((await store(call[0], call[1], ...(call.slice(2) as string[]), '--json')).stdout) as Record<
    string,
    unknown
  >;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'faasbatch-e2e-store-'));
  env = { FAASBATCH_HOME: home, FAASBATCH_STORE_EMBEDDED_PORT: '0' };
});

afterEach(async () => {
  await store('stop');
  rmSync(home, { recursive: true, force: true });
});

describe('the embedded store', () => {
  test('is started, looked at and stopped', async () => {
    const started = await answer('start');
    expect(started).toMatchObject({ started: true, folder: join(home, 'store') });
    expect(await answer('start')).toMatchObject({ started: false, pid: started['pid'], url: started['url'] });

    await fetch(`${started['url']}/mine`, { method: 'PUT' });
    expect(await answer('status')).toMatchObject({
      running: true,
      pid: started['pid'],
      url: started['url'],
      problem: null,
      replacedBy: null,
      inside: { idleTimeoutMs: 3_600_000, databases: [{ name: 'mine', documents: 0 }] },
    });
    const text = (await store('status')).stdout;
    expect(text).toMatch(/^running\n/);
    expect(text).toMatch(/^ {2}databases +mine \(0 documents\)$/m);
    expect(text).toMatch(/^ {2}idle +for \d+ s; ends after 60 min$/m);

    expect((await store('stop')).stdout).toBe(`stopped: ${started['url']} (pid ${started['pid']})\n`);
    expect(processStartTime(started['pid'] as number)).toBeUndefined();
    expect(await store('status')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^not running\n/),
      stderr: expect.stringContaining('faasbatch store start'),
    });
    expect(await store('stop')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no embedded store was running'),
    });
  });

  test('is not used by being looked at', async () => {
    const { url } = await answer('start', {}, '--idle-timeout', '10m');
    const idleMs = async (): Promise<number> => ((await answer('status'))['inside'] as { idleMs: number }).idleMs;
    const before = await idleMs();
    const after = await idleMs();
    expect(after).toBeGreaterThan(before);
    expect((await answer('status'))['inside']).toMatchObject({ idleTimeoutMs: 600_000 });
    const askedAt = performance.now();
    await fetch(`${url}/_all_dbs`);
    expect(await idleMs()).toBeLessThanOrEqual(performance.now() - askedAt);
  });

  test('is said not to be asked where COUCHDB_URL names another', async () => {
    const couch = { COUCHDB_URL: 'http://me:secret@127.0.0.1:2' };
    for (const name of ['start', 'status']) {
      const { code, stderr } = await store(name, couch);
      expect(code).toBe(0);
      expect(stderr).toContain('warning: commands do not ask this store: COUCHDB_URL names http://127.0.0.1:2');
      expect(stderr).not.toContain('secret');
    }
    expect(await answer('status', couch)).toMatchObject({
      running: true,
      replacedBy: expect.stringMatching(/127\.0\.0\.1:2/),
    });
  });

  test('says who has its port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const refused = await store('start', {}, '--embedded-port', String(port));
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(
        new RegExp(`port ${port} is taken by .*pid ${process.pid}.*FAASBATCH_STORE_EMBEDDED_PORT`),
      );
    } finally {
      server.close();
    }
  });

  test('lets in only those who know its password', async () => {
    const mine = { COUCHDB_USER: 'me', COUCHDB_PASSWORD: 'secret' };
    const { url } = await answer('start', mine);
    expect(await answer('status', mine)).toMatchObject({ problem: null, inside: { databases: [] } });
    expect(await store('status')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('it refuses the credentials'),
    });
    for (const [credentials, why] of [
      [{}, 'set COUCHDB_USER and COUCHDB_PASSWORD'],
      [{ COUCHDB_URL: String(url).replace('//', '//me:wrong@') }, 'check the user and the password'],
    ] as const) {
      const refused = await faasbatch(['results', 'runs'], { env: { ...env, ...credentials } });
      expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(why) });
      expect(refused.stderr).not.toContain('wrong');
    }
  });
});
