import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonFile, writeJsonFile } from './jsonFile.ts';
import { isSameProcess, processStartTime } from './processIdentity.ts';

/** Whose a folder is: a pid alone may by now be somebody else's. */
interface Owner {
  readonly pid: number;
  readonly startTime: string;
}

const OWNER_FILE = 'owner.json';
/** Between making a folder and saying whose it is, its maker is given so long. */
const CLAIM_PATIENCE_MS = 60_000;

/** Says that this folder belongs to this process, for as long as it lives. */
export async function claimFolder(folder: string): Promise<void> {
  const owner: Owner = { pid: process.pid, startTime: processStartTime(process.pid) ?? '' };
  await writeJsonFile(join(folder, OWNER_FILE), owner);
}

/** Has the process ended that this folder belonged to? One that is nobody's was abandoned unless it is new. */
export async function isAbandoned(folder: string): Promise<boolean> {
  const owner = (await readJsonFile(join(folder, OWNER_FILE)).catch(() => undefined)) as Partial<Owner> | undefined;
  if (typeof owner?.pid === 'number' && typeof owner.startTime === 'string') {
    return !isSameProcess(owner.pid, owner.startTime);
  }
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > CLAIM_PATIENCE_MS;
}
