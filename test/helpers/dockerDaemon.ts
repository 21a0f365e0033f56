import { request } from 'node:http';
import { join } from 'node:path';
import { type Background, startServer } from './background.ts';

const START_PATIENCE_MS = 30_000;

/** A Docker daemon of our own, with everything it owns in one folder, that leaves the machine's network alone. */
export async function startDocker(command: string, folder: string): Promise<Background & { host: string }> {
  const socket = join(folder, 'docker.sock');
  const options = {
    host: `unix://${socket}`,
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'docker.pid'),
    bridge: 'none',
    iptables: 'false',
  };
  const commandLine = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const log = join(folder, 'docker.log');
  const server = await startServer(command, commandLine, log, () => dockerAnswers(socket), START_PATIENCE_MS);
  return { ...server, host: options.host };
}

export async function dockerAnswers(socketPath: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => ping.destroy(new Error('timeout')));
    ping.on('error', () => resolve(false));
    ping.end();
  });
}
