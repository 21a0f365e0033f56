import { fstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { asError } from '../protocol/errors.ts';
import type { Cli } from './cli.ts';
import { usageError } from './usage.ts';

/** How an event is given on the command line; at most one of the first three. */
export interface EventFlags {
  readonly data?: string;
  readonly text?: string;
  readonly file?: string;
  readonly contentType?: string;
}

export interface EventInput {
  readonly contentType: string;
  readonly body: Uint8Array;
}

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';
const BYTES_TYPE = 'application/octet-stream';

const TYPES_BY_EXTENSION: Readonly<Record<string, string>> = { '.json': JSON_TYPE, '.txt': TEXT_TYPE };

/** After so long without a byte on stdin, people are told what is waited for. */
const STDIN_PATIENCE_MS = 1_000;

/**
 * The event to send. Nothing given, and nothing piped: no event, which a handler sees as null.
 * @throws FaasError `usage`: not JSON, or a file that cannot be read
 */
export async function readEvent(flags: EventFlags, cli: Cli): Promise<EventInput> {
  const { data, text, file, contentType } = flags;
  if (data !== undefined) return { contentType: contentType ?? checkedJson(data), body: Buffer.from(data) };
  if (text !== undefined) return { contentType: contentType ?? TEXT_TYPE, body: Buffer.from(text) };
  if (file !== undefined && file !== '-') {
    const body = await readEventFile(resolve(cli.folder, file));
    return { contentType: contentType ?? TYPES_BY_EXTENSION[extname(file).toLowerCase()] ?? looksLike(body), body };
  }
  const body = file === '-' || isPiped() ? await readStdin(cli) : Buffer.alloc(0);
  return { contentType: contentType ?? looksLike(body), body };
}

function checkedJson(data: string): string {
  try {
    JSON.parse(data);
    return JSON_TYPE;
  } catch (thrown) {
    const shown = data.length > 60 ? `${data.slice(0, 60)}…` : data;
    throw usageError(`--data: ${shown} is not JSON: ${asError(thrown).message}`, '--text sends text as it is');
  }
}

async function readEventFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    throw usageError(`--file: ${asError(thrown).message}`);
  }
}

/** A pipe or a file; what else a program's stdin may be (a socket, a device) might never end. */
function isPiped(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || stdin.isFile();
  } catch {
    return false;
  }
}

async function readStdin(cli: Cli): Promise<Buffer> {
  const reminder = setTimeout(() => {
    cli.output.note('reading the event from stdin; --data, --text and --file give it otherwise');
  }, STDIN_PATIENCE_MS);
  try {
    return await buffer(process.stdin);
  } finally {
    clearTimeout(reminder);
  }
}

/** JSON if it is some, or is nothing at all; else text if it is UTF-8; else bytes. */
export function looksLike(body: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return BYTES_TYPE;
  }
  if (text === '') return JSON_TYPE;
  try {
    JSON.parse(text);
    return JSON_TYPE;
  } catch {
    return TEXT_TYPE;
  }
}
