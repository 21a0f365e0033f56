import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { asError, FaasError } from '../protocol/errors.ts';

/** Takes one row; `line` is its line in the file. */
export type RowReader = (cells: readonly string[], line: number) => void;

export interface CsvRead {
  /** sha256 of the file's bytes, hex. */
  readonly digest: string;
  /** Without the header. */
  readonly rows: number;
}

/** A complaint about one place of a file. */
export function unreadable(path: string, line: number, complaint: string): FaasError {
  return new FaasError('trace_unreadable', `${path}:${line}: ${complaint}`, { path, line });
}

/**
 * Streams a comma-separated file with a header, row by row, and digests it on the way.
 * @param open gets the header and gives the reader of rows; both may throw `unreadable`.
 * @throws FaasError trace_unreadable with path and line.
 */
export async function readCsv(path: string, open: (header: readonly string[]) => RowReader): Promise<CsvRead> {
  const hash = createHash('sha256');
  let readRow: RowReader | undefined;
  let columns = 0;
  let rows = 0;
  const parser = parse({
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    // Rows are taken here and not from the stream, because only here is their line known.
    on_record: (cells: string[], context) => {
      if (readRow === undefined) {
        columns = cells.length;
        readRow = open(cells.map((cell) => cell.trim()));
        return null;
      }
      if (cells.length !== columns) {
        throw unreadable(path, context.lines, `${cells.length} columns, but the header has ${columns}`);
      }
      rows += 1;
      readRow(cells, context.lines);
      return null;
    },
  });
  parser.resume();
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: 1 << 18 }),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      parser,
    );
  } catch (error) {
    throw asTraceError(path, asError(error));
  }
  if (readRow === undefined)
    throw new FaasError('trace_unreadable', `${path} is empty: a header was expected`, { path });
  return { digest: hash.digest('hex'), rows };
}

function asTraceError(path: string, error: Error): FaasError {
  if (error instanceof FaasError) return error;
  const { code, lines } = error as Error & { code?: string; lines?: number };
  if (code === 'ENOENT') return new FaasError('trace_unreadable', `${path} does not exist`, { path });
  if (typeof lines === 'number') return unreadable(path, lines, `not comma-separated values: ${error.message}`);
  return new FaasError('trace_unreadable', `${path} cannot be read: ${error.message}`, { path }, { cause: error });
}

/** Where a column is. @throws FaasError trace_unreadable naming the column and those that are there. */
export function columnAt(path: string, header: readonly string[], column: string): number {
  const at = header.indexOf(column);
  if (at >= 0) return at;
  const found = header.slice(0, 6).join(', ') + (header.length > 6 ? `, … (${header.length} in all)` : '');
  throw unreadable(path, 1, `column "${column}" is missing; the header has ${found}`);
}

/** A number that must be there and at least 0. @throws FaasError trace_unreadable naming column, value and rule. */
export function nonNegative(text: string | undefined, path: string, line: number, column: string): number {
  const value = looseNumber(text);
  if (value >= 0) return value;
  throw unreadable(path, line, `${column} is "${text ?? ''}", but must be a number of at least 0`);
}

/** A number where a trace may well have none: NaN for an empty cell and for what is no finite number. */
export function looseNumber(text: string | undefined): number {
  if (text === undefined || text.trim() === '') return Number.NaN;
  const value = Number(text);
  return Number.isFinite(value) ? value : Number.NaN;
}

/** A name that must be there. */
export function nonEmpty(text: string | undefined, path: string, line: number, column: string): string {
  if (text !== undefined && text !== '') return text;
  throw unreadable(path, line, `${column} is empty`);
}

/** One digest for several files, as `Trace.digest` defines it. */
export function combinedDigest(files: ReadonlyMap<string, string>): string {
  const lines = [...files].map(([path, digest]) => `${digest}  ${basename(path)}\n`);
  return createHash('sha256').update(lines.sort(byName).join('')).digest('hex');
}

function byName(a: string, b: string): number {
  return a.slice(66) < b.slice(66) ? -1 : 1;
}
