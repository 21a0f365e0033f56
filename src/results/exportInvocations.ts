import { FIELDS, readField } from './fields.ts';
import { invocationsWhere } from './queries.ts';
import type { ResultStore } from './store.ts';
import { parseWhere } from './where.ts';

export type ExportFormat = 'csv' | 'json';

/** Left out of CSV: what would put line breaks and lists into its cells. */
const CSV_FIELDS = FIELDS.filter(({ name }) => name !== 'message');

/**
 * Invocations as text, piece by piece: CSV with a header (an empty cell is "no value"), or a JSON array of the
 * documents as they are stored.
 * @param onInvocation called once for each
 * @throws FaasError `invalid_query`
 */
export function exportInvocations(
  store: ResultStore,
  format: ExportFormat,
  where = '',
  onInvocation: () => void = () => undefined,
): AsyncGenerator<string> {
  const invocations = told(invocationsWhere(store, parseWhere(where)), onInvocation);
  return format === 'csv' ? csvOf(invocations) : jsonOf(invocations);
}

async function* told<T>(items: AsyncIterable<T>, onItem: () => void): AsyncGenerator<T> {
  for await (const item of items) {
    onItem();
    yield item;
  }
}

async function* csvOf(invocations: AsyncIterable<object>): AsyncGenerator<string> {
  yield `${CSV_FIELDS.map(({ name }) => name).join(',')}\n`;
  for await (const invocation of invocations) {
    yield `${CSV_FIELDS.map((field) => csvCell(readField(field, invocation))).join(',')}\n`;
  }
}

async function* jsonOf(invocations: AsyncIterable<object>): AsyncGenerator<string> {
  yield '[';
  let separator = '\n';
  for await (const invocation of invocations) {
    yield separator + JSON.stringify(invocation);
    separator = ',\n';
  }
  yield '\n]\n';
}

function csvCell(value: unknown): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
