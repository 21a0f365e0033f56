import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The command's path, looked for where root's commands are, too. */
function findCommand(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * Makes sure of a command, with the Debian or Ubuntu package that carries it.
 * @throws with the reason if it is missing and cannot be installed
 */
export function ensureCommand(command: string, packageName: string, say: (text: string) => void): string {
  const found = findCommand(command);
  if (found !== undefined) return found;
  const aptGet = findCommand('apt-get');
  if (aptGet === undefined) throw new Error(`${command} is missing, and there is no apt-get to install it with`);
  if (process.getuid?.() !== 0) throw new Error(`${command} is missing, and only root may install it`);
  say(`installing ${packageName} with apt-get`);
  // The lists of a fresh machine are empty, or old.
  if (!install(aptGet, packageName)) {
    aptGetRun(aptGet, ['update']);
    if (!install(aptGet, packageName)) throw new Error(`apt-get could not install ${packageName}`);
  }
  const installed = findCommand(command);
  if (installed === undefined) throw new Error(`the package ${packageName} brought no ${command}`);
  return installed;
}

function install(aptGet: string, packageName: string): boolean {
  return aptGetRun(aptGet, ['install', '--yes', '--no-install-recommends', packageName]);
}

function aptGetRun(aptGet: string, commandLine: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(aptGet, commandLine, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
