import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseBytes } from '../lib/bytes.ts';
import { parseDurationMs } from '../lib/duration.ts';
import type { Field } from './role.ts';

/**
 * Turns what was written into the field's value: units everywhere, plain numbers and booleans only where everything is
 * text (environment, flags; a file has types of its own).
 *
 * What cannot be read is returned as it is: the schema then refuses it, with the field's rule.
 * @param folder what a relative path is relative to
 */
export function readWritten(field: Field, written: unknown, isText: boolean, folder: string): unknown {
  if (typeof written !== 'string') return written;
  switch (field.facts.unit) {
    case 'ms':
      return parseDurationMs(written) ?? written;
    case 'bytes':
      return parseBytes(written) ?? written;
    case 'MB': {
      const bytes = parseBytes(written, 'MB');
      return bytes === undefined ? written : bytes / 2 ** 20;
    }
    case 'path':
      return readPath(written, folder);
    case 'list':
      return written
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'pairs':
      return readPairs(written) ?? written;
    default:
      return isText ? readScalar(written, typeName(field)) : written;
  }
}

/** Files and the environment know `~` from shells, which have replaced it in flags already. */
function readPath(written: string, folder: string): string {
  if (written === '~' || written.startsWith('~/')) return join(homedir(), written.slice(1));
  return written === '' || isAbsolute(written) ? written : resolve(folder, written);
}

/** `window=arrival,depth=3`; undefined where a part has no name or no `=`. */
function readPairs(written: string): Record<string, string | number | boolean> | undefined {
  const pairs: Record<string, string | number | boolean> = {};
  for (const part of written.split(',').filter((text) => text.trim() !== '')) {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    if (name === undefined || value === undefined) return undefined;
    pairs[name] = readAnyScalar(value);
  }
  return pairs;
}

function readAnyScalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return isNumber(text) ? Number(text) : text;
}

function readScalar(text: string, type: string | undefined): unknown {
  if ((type === 'integer' || type === 'number') && isNumber(text)) return Number(text);
  if (type === 'boolean' && /^(true|on|yes|1)$/i.test(text)) return true;
  if (type === 'boolean' && /^(false|off|no|0)$/i.test(text)) return false;
  return text;
}

/** Decimal, so that neither '' nor '0x10' nor ' 1' becomes a number by accident. */
function isNumber(text: string): boolean {
  return /^-?(\d+(\.\d+)?|\.\d+)(e[+-]?\d+)?$/i.test(text);
}

function typeName(field: Field): string | undefined {
  return (field.schema as { type?: string }).type;
}
