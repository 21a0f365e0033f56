import type { Field } from './role.ts';

/** What stands where a secret is not shown. */
const HIDDEN = '(hidden)';

/** A field's value as it may be written out: no secrets, no credentials inside URLs. */
export function shown(field: Field, value: unknown): unknown {
  if (field.facts.secret) return value === undefined || isEmpty(value) ? value : HIDDEN;
  return field.facts.unit === 'url' && typeof value === 'string' ? withoutCredentials(value) : value;
}

/** A URL without user and password; other text with an `@` is cut there, in case it was meant to be one. */
export function withoutCredentials(url: string): string {
  if (!hasCredentials(url)) return url.includes('@') ? `…${url.slice(url.lastIndexOf('@'))}` : url;
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}

/** Does this URL carry a password, or a user at least? */
export function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}
