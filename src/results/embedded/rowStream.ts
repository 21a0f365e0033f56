import { Readable } from 'node:stream';

/** Rows are handed to the socket in pieces of about this size. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * An answer of many rows, `{…head, rows: [row, …]}`, written while the rows are still being read: it costs the same
 * memory however many they are. Whoever hangs up ends the reading. Resolves when there is a first row, so that what
 * cannot be answered at all is answered by an error.
 */
export async function rowStream(
  head: Readonly<Record<string, unknown>>,
  rows: AsyncIterable<unknown>,
): Promise<Readable> {
  return Readable.from(pieces(head, await begun(rows)), { objectMode: false });
}

async function begun(rows: AsyncIterable<unknown>): Promise<AsyncIterable<unknown>> {
  const iterator = rows[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    if (first.done === true) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })();
}

async function* pieces(head: Readonly<Record<string, unknown>>, rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  const members = Object.entries(head).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`);
  let piece = `{${members.join('')}"rows":[`;
  let separator = '\n';
  for await (const row of rows) {
    piece += separator + JSON.stringify(row);
    separator = ',\n';
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}\n]}\n`;
}
