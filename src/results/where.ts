import { parseDurationMs } from '../lib/duration.ts';
import { FaasError } from '../protocol/errors.ts';
import { type Field, fieldOf, readField } from './fields.ts';

/** A condition on one field. */
export interface Condition {
  readonly field: Field;
  readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=';
  /** Of `=` and `!=`: any of these. '' stands for "has no value". */
  readonly values: readonly (string | number)[];
}

const CONDITION = /^\s*([\w.]+)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*$/s;

/**
 * Reads conditions that must all hold: `strategy=faasbatch,status!=ok,endToEnd>100`. Operators: = != < <= > >=.
 * `|` parts alternatives (`status=error|timeout`), nothing behind `=` means "has no value" (`code=`), a value with
 * commas stands in double quotes, and fields of time take units (`endToEnd>1.5s`).
 * @throws FaasError `invalid_query`
 */
export function parseWhere(text: string): Condition[] {
  return splitOutsideQuotes(text, ',')
    .filter((part) => part.trim() !== '')
    .map(parseCondition);
}

export function holds({ field, operator, values }: Condition, document: object): boolean {
  const actual = readField(field, document);
  if (operator === '=' || operator === '!=') {
    const isAnyOf = values.some((value) => (value === '' ? actual === null : isSame(actual, value)));
    return isAnyOf === (operator === '=');
  }
  const limit = Number(values[0]);
  if (typeof actual !== 'number') return false;
  if (operator === '<') return actual < limit;
  if (operator === '<=') return actual <= limit;
  return operator === '>' ? actual > limit : actual >= limit;
}

function parseCondition(text: string): Condition {
  const [, name, operator, rest] = CONDITION.exec(text) ?? [];
  if (name === undefined || operator === undefined || rest === undefined) {
    const rule = 'must be a field, one of = != < <= > >=, and a value, as in status!=ok';
    throw new FaasError('invalid_query', `condition "${text.trim()}" ${rule}`, { condition: text });
  }
  const field = fieldOf(name);
  const isEquality = operator === '=' || operator === '!=';
  if (!isEquality && field.kind === 'text') {
    throw new FaasError('invalid_query', `${name} is text: it can be compared by = and != alone, not by ${operator}`, {
      field: name,
    });
  }
  const texts = isEquality ? splitOutsideQuotes(rest, '|') : [rest];
  const values = texts.map((value) => parseValue(field, unquote(value.trim()), isEquality));
  return { field, operator: operator as Condition['operator'], values };
}

function parseValue(field: Field, text: string, mayBeEmpty: boolean): string | number {
  if (field.kind === 'text' || (text === '' && mayBeEmpty)) return text;
  const value = field.kind === 'ms' ? (parseDurationMs(text) ?? Number(text || 'none')) : Number(text || 'none');
  if (Number.isFinite(value)) return value;
  const kind = field.kind === 'ms' ? 'a time (100, 100ms, 1.5s)' : 'a number';
  throw new FaasError('invalid_query', `${field.name}: "${text}" must be ${kind}`, { field: field.name });
}

/** Parts of `workScale` may be numbers although they count as text. */
function isSame(actual: unknown, value: string | number): boolean {
  return actual !== null && (actual === value || String(actual) === String(value));
}

function splitOutsideQuotes(text: string, separator: ',' | '|'): string[] {
  const parts = [''];
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (character === separator && !quoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  if (quoted) throw new FaasError('invalid_query', `a double quote is not closed in ${text}`, { text });
  return parts;
}

function unquote(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
