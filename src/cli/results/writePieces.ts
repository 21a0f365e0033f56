import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asError } from '../../protocol/errors.ts';
import { usageError } from '../usage.ts';

/**
 * Writes pieces of text as fast as the stream takes them.
 * @returns whether all were taken: a reader that goes away (`… | head`) ends the writing, and is no error
 */
export async function writePieces(pieces: AsyncIterable<string>, stream: Writable): Promise<boolean> {
  try {
    await pipeline(Readable.from(pieces), stream, { end: false });
    return true;
  } catch (thrown) {
    if (isClosedPipe(thrown)) return false;
    throw thrown;
  }
}

/**
 * Writes pieces of text to a file that is there when all of it is, and not before; one that was there stays until then.
 * @returns the size of the file
 * @throws FaasError `usage` for a path that cannot be written
 */
export async function writeFilePieces(
  pieces: AsyncIterable<string>,
  path: string,
  signal: AbortSignal,
): Promise<number> {
  const draft = `${path}.${process.pid}.part`;
  const file = createWriteStream(draft, { flags: 'wx' });
  try {
    await pipeline(Readable.from(pieces), file, { signal });
    await rename(draft, path);
    return file.bytesWritten;
  } catch (thrown) {
    await rm(draft, { force: true });
    const { syscall } = thrown as NodeJS.ErrnoException;
    if (syscall !== 'open' && syscall !== 'rename') throw thrown;
    throw usageError(`--out ${path} cannot be written: ${asError(thrown).message.replace(/, (open|rename) .*$/, '')}`);
  }
}

function isClosedPipe(thrown: unknown): boolean {
  const { code } = thrown as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ERR_STREAM_DESTROYED';
}
