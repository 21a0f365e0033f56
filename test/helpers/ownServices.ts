import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asError } from '../../src/protocol/errors.ts';
import type { Background } from './background.ts';
import { ensureCommand } from './debianPackages.ts';
import { dockerAnswers, startDocker } from './dockerDaemon.ts';
import { startRedis } from './redisServer.ts';

/** Servers that were started for one run of the tests. */
export interface OwnServices {
  /** What tells the tests where they are. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends them and removes their folder. */
  stop(): Promise<void>;
}

/**
 * Starts what is not there already, installing it if need be. What cannot be started is said, and its tests are
 * skipped like those of anything else that is absent.
 */
export async function startOwnServices(say: (text: string) => void): Promise<OwnServices> {
  const folder = mkdtempSync(join(tmpdir(), 'faasbatch-services-'));
  const started: Background[] = [];
  const environment: Record<string, string> = {};
  const attempt = async (name: string, start: (folder: string) => Promise<void>): Promise<void> => {
    try {
      const own = join(folder, name);
      mkdirSync(own);
      await start(own);
    } catch (thrown) {
      say(`no ${name}: ${asError(thrown).message}`);
    }
  };
  if (process.env['REDIS_URL'] === undefined) {
    await attempt('Redis', async (own) => {
      const redis = await startRedis(ensureCommand('redis-server', 'redis-server', say), own);
      started.push(redis);
      environment['REDIS_URL'] = redis.url;
      say(`started Redis at ${redis.url}`);
    });
  }
  if (process.env['DOCKER_HOST'] === undefined && !(await dockerAnswers('/var/run/docker.sock'))) {
    await attempt('Docker', async (own) => {
      if (process.getuid?.() !== 0) throw new Error('only root may start dockerd');
      const docker = await startDocker(ensureCommand('dockerd', 'docker.io', say), own);
      started.push(docker);
      environment['DOCKER_HOST'] = docker.host;
      say(`started Docker at ${docker.host}`);
    });
  }
  return {
    environment,
    stop: async () => {
      for (const server of started.reverse()) await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
