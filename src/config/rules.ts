import Value from 'typebox/value';
import { nearest } from '../lib/nearest.ts';
import type { Field, Unit } from './role.ts';

interface Limits {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly items?: Limits;
}

const KINDS: Partial<Record<Unit, string>> = {
  ms: 'a duration such as 200ms or 0.2s (a bare number: milliseconds)',
  bytes: 'a size such as 16KB or 6MB (a bare number: bytes)',
  MB: 'a size such as 512MB or 2GB (a bare number: megabytes)',
  path: 'a path',
  pairs: 'pairs such as window=arrival,depth=3',
};

/** What is wrong with a field's value, for people, and what they may have meant; undefined if nothing is. */
export function complaint(field: Field, value: unknown): string | undefined {
  if (Value.Check(field.schema, value)) return undefined;
  const limits = field.schema as Limits;
  const instead = typeof value === 'string' ? field.facts.instead?.[value] : undefined;
  if (instead !== undefined) return instead;
  const close = typeof value === 'string' && limits.enum !== undefined ? nearest(value, limits.enum) : undefined;
  return `must be ${ruleOf(field)}${close === undefined ? '' : `; did you mean ${close}?`}`;
}

/** A field's rule, as it follows "must be". */
export function ruleOf(field: Field): string {
  const limits = field.schema as Limits;
  if (limits.enum !== undefined) return `one of ${limits.enum.join(', ')}`;
  if (field.facts.unit === 'list') return `a list, each item of ${limits.items?.minLength ?? 0} characters or more`;
  const kind = (field.facts.unit && KINDS[field.facts.unit]) ?? kindOf(limits);
  const bounds = boundsOf(limits, field.facts.unit);
  return bounds === '' ? kind : `${kind}, ${bounds}`;
}

function kindOf(limits: Limits): string {
  if (limits.pattern !== undefined) return `text that matches ${limits.pattern}`;
  switch (limits.type) {
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    default:
      return limits.minLength === undefined ? 'text' : 'text that is not empty';
  }
}

function boundsOf(limits: Limits, unit: Unit | undefined): string {
  const suffix = unit === 'ms' || unit === 'MB' ? ` ${unit}` : '';
  const parts: string[] = [];
  if (limits.minimum !== undefined) parts.push(`${limits.minimum}${suffix} or more`);
  if (limits.exclusiveMinimum !== undefined) parts.push(`more than ${limits.exclusiveMinimum}${suffix}`);
  if (limits.maximum !== undefined) parts.push(`at most ${limits.maximum}${suffix}`);
  return parts.join(', ');
}
