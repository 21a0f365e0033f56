import { Redis } from 'ioredis';
import { withoutCredentials } from '../../config/secrets.ts';
import { asError } from '../../protocol/errors.ts';
import { type Finding, PROBE_TIMEOUT_MS } from './finding.ts';

/** Pings the server of REDIS_URL. */
export async function probeRedis(url: string | undefined): Promise<Finding> {
  const name = 'Redis';
  if (url === undefined) {
    return {
      name,
      status: 'absent',
      found: 'REDIS_URL is not set',
      meaning: 'would add, in a later version, a queue that several machines share',
    };
  }
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PROBE_TIMEOUT_MS,
    commandTimeout: PROBE_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason = error;
  });
  try {
    await redis.connect();
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'of unknown version';
    return {
      name,
      status: 'ok',
      found: `${version} at ${withoutCredentials(url)}`,
      meaning: 'this version does not use it yet: the queue is in memory',
    };
  } catch (thrown) {
    const message = (reason ?? asError(thrown)).message;
    return {
      name,
      status: 'problem',
      found: `${withoutCredentials(url)} does not answer: ${message}`,
      meaning: 'start it, or unset REDIS_URL: nothing needs it on one machine',
    };
  } finally {
    // Disconnecting once more from what has ended would keep the process waiting for a close that came already.
    if (redis.status !== 'end') redis.disconnect();
  }
}
