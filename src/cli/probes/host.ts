import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { Host } from '../../config/host.ts';
import { MAX_SOCKET_PATH_BYTES } from '../../containers/container.ts';
import { formatBytes } from '../../lib/bytes.ts';
import { asError } from '../../protocol/errors.ts';
import { workDirectoriesPath } from '../../worker/workDirectory.ts';
import { cpuQuota } from './cgroup.ts';
import type { Finding } from './finding.ts';

const LEAST_NODE = [20, 20] as const;
/** Below the folder: `/`, a worker's id, a container's, and the socket's name. */
const SOCKET_NAME_BYTES = 48;
const ENOUGH_OPEN_FILES = 4_096;

export function probeNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const recent = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const found = `${process.versions.node} (${process.platform} ${process.arch})`;
  if (!recent)
    return { name: 'Node.js', status: 'problem', found, meaning: `${LEAST_NODE.join('.')} or newer is needed` };
  return { name: 'Node.js', status: 'ok', found };
}

export function probeCores(): Finding {
  const name = 'cores';
  const cores = availableParallelism();
  const quota = cpuQuota();
  const found = `${cores}${cores === cpus().length ? '' : ` of ${cpus().length}`} (${cpus()[0]?.model ?? 'unknown model'})`;
  if (quota !== undefined && quota < cores) {
    const meaning = `the control group grants ${quota} of them: set FAASBATCH_CORES=${Math.max(1, Math.floor(quota))}`;
    return { name, status: 'warning', found, meaning };
  }
  return { name, status: 'ok', found };
}

export function probeMemory(host: Host): Finding {
  const limited = host.memoryBytes < totalmem();
  const limit = limited ? `; the control group's limit is ${formatBytes(host.memoryBytes)}` : '';
  return {
    name: 'memory',
    status: 'ok',
    found: `${formatBytes(totalmem())}, ${formatBytes(freemem())} of it free${limit}`,
  };
}

export function probeProc(): Finding {
  const name = '/proc';
  if (existsSync('/proc/self/stat')) return { name, status: 'ok', found: 'there' };
  return {
    name,
    status: 'absent',
    found: `not there (${process.platform})`,
    meaning: 'would add CPU and memory of containers and of the host to the results: here they are reported as 0',
  };
}

export function probeSockets(environment: NodeJS.ProcessEnv): Finding {
  const name = 'sockets';
  const folder = workDirectoriesPath(environment);
  const bytes = Buffer.byteLength(folder) + SOCKET_NAME_BYTES;
  const found = `${folder}, paths of up to ${bytes} bytes`;
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    const meaning = `a socket's path has ${MAX_SOCKET_PATH_BYTES} bytes at most: set XDG_RUNTIME_DIR to a shorter one`;
    return { name, status: 'problem', found, meaning };
  }
  return writable(folder)
    ? { name, status: 'ok', found }
    : { name, status: 'problem', found: `cannot write ${folder}` };
}

export function probeHome(home: string): Finding {
  const name = 'home';
  if (writable(home)) return { name, status: 'ok', found: home };
  return { name, status: 'problem', found: `cannot write ${home}`, meaning: 'FAASBATCH_HOME or --home sets another' };
}

/** The soft limit, which Node raises to the hard one as it starts. */
export function probeOpenFiles(): Finding {
  const name = 'open files';
  const limit = openFileLimit();
  if (limit === undefined) return { name, status: 'ok', found: 'limit unknown' };
  if (limit >= ENOUGH_OPEN_FILES) return { name, status: 'ok', found: `${limit} at most` };
  const meaning = `each call under way and each container takes one: ulimit -n ${ENOUGH_OPEN_FILES} raises the limit`;
  return { name, status: 'warning', found: `${limit} at most`, meaning };
}

function openFileLimit(): number | undefined {
  try {
    const found = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    if (found === 'unlimited') return Number.POSITIVE_INFINITY;
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}

/** Can this folder be written, or made: is the nearest ancestor that exists writable? */
function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch (thrown) {
    const missing = (asError(thrown) as NodeJS.ErrnoException).code === 'ENOENT';
    return missing && dirname(folder) !== folder && writable(dirname(folder));
  }
}
