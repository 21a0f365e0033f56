import Docker from 'dockerode';
import { asError } from '../../protocol/errors.ts';
import { type Finding, PROBE_TIMEOUT_MS } from './finding.ts';

const ADDS = 'containers isolated from each other and from this machine, with limits of memory and CPU';

/** Asks the Docker daemon at DOCKER_HOST, or at its usual socket. */
export async function probeDocker(): Promise<Finding> {
  try {
    const docker = new Docker({ timeout: PROBE_TIMEOUT_MS });
    await docker.ping();
    const version = await docker.version();
    const found = `${version.Version}, API ${version.ApiVersion}`;
    return {
      name: 'Docker',
      status: 'ok',
      found,
      meaning: 'this version does not use it yet: containers are processes',
    };
  } catch (thrown) {
    const where = process.env['DOCKER_HOST'] ?? '/var/run/docker.sock';
    const code = (thrown as { code?: string }).code ?? asError(thrown).message;
    return {
      name: 'Docker',
      status: 'absent',
      found: `no daemon at ${where} (${code})`,
      meaning: `would add, in a later version, ${ADDS}`,
    };
  }
}
