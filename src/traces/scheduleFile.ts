import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { asError, FaasError } from '../protocol/errors.ts';
import type { Schedule, ScheduledCall } from './schedule.ts';

const CALLS = '"calls":[';
const END = '],';
const CUT = 'it is cut short, or none';
const CALLS_PER_WRITE = 1_000;

/**
 * Writes a schedule as one JSON document with a call a line. Its last line is the property `digest`, the sha256 of all
 * lines above. The file appears whole or not at all.
 * @returns the digest, hex.
 */
export async function writeSchedule(path: string, schedule: Schedule): Promise<string> {
  const hash = createHash('sha256');
  const partial = `${path}.${process.pid}.partial`;
  const file = await open(partial, 'w');
  try {
    for (const chunk of chunksOf(schedule)) {
      hash.update(chunk);
      await file.write(chunk);
    }
    const digest = hash.digest('hex');
    await file.write(`"digest":"${digest}"}\n`);
    await file.close();
    await rename(partial, path);
    return digest;
  } catch (error) {
    await file.close();
    await rm(partial, { force: true });
    throw error;
  }
}

/** The lines above the digest. In pieces, because a long schedule exceeds the longest string. */
function* chunksOf({ calls, ...head }: Schedule): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},\n${CALLS}\n`;
  for (let from = 0; from < calls.length; from += CALLS_PER_WRITE) {
    const lines = calls.slice(from, from + CALLS_PER_WRITE).map((call) => JSON.stringify(call));
    yield `${lines.join(',\n')}${from + CALLS_PER_WRITE < calls.length ? ',' : ''}\n`;
  }
  yield `${END}\n`;
}

/**
 * Reads what `writeSchedule` wrote.
 * @throws FaasError trace_unreadable if it is missing, cut short or was changed.
 */
export async function readSchedule(path: string): Promise<{ readonly schedule: Schedule; readonly digest: string }> {
  const hash = createHash('sha256');
  const calls: ScheduledCall[] = [];
  let head: string | undefined;
  let written: string | undefined;
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      written = /^"digest":"([0-9a-f]{64})"}$/.exec(line)?.[1];
      if (written !== undefined) break;
      hash.update(`${line}\n`);
      if (head === undefined) head = line;
      else if (line !== CALLS && line !== END) calls.push(JSON.parse(withoutComma(line)) as ScheduledCall);
    }
  } catch (error) {
    throw unusable(path, error instanceof SyntaxError ? CUT : asError(error).message);
  }
  const digest = hash.digest('hex');
  if (head === undefined || written === undefined) throw unusable(path, CUT);
  if (written !== digest)
    throw unusable(path, `it was changed: the digest it names is ${written}, its own is ${digest}`);
  return { schedule: { ...(JSON.parse(`${withoutComma(head)}}`) as Omit<Schedule, 'calls'>), calls }, digest };
}

function withoutComma(line: string): string {
  return line.endsWith(',') ? line.slice(0, -1) : line;
}

function unusable(path: string, why: string): FaasError {
  return new FaasError('trace_unreadable', `schedule ${path} cannot be used: ${why}`, { path });
}
