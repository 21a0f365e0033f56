import { FaasError } from '../protocol/errors.ts';

/** One broken rule of a manifest. */
export interface Violation {
  /** '' for the manifest as a whole. */
  readonly field: string;
  /** As JSON, cut to a readable length; absent where there is none, or where it might be a secret. */
  readonly value?: string;
  readonly rule: string;
  readonly suggestion?: string;
}

const MAX_SHOWN_CHARACTERS = 80;

/** @param rule completes "must be …" */
export function violation(field: string, value: unknown, rule: string): Violation {
  if (value === undefined) return { field, rule: `is missing; it must be ${rule}` };
  if (field.startsWith('env')) return { field, rule: `must be ${rule}` };
  return { field, value: shown(value), rule: `must be ${rule}` };
}

export function manifestError(source: string, violations: readonly Violation[]): FaasError {
  const sentences = violations.map(sentence);
  const message =
    sentences.length === 1
      ? `${source}: ${sentences[0]}`
      : `${source} breaks ${sentences.length} rules:\n${sentences.map((line) => `  ${line}`).join('\n')}`;
  return new FaasError('invalid_manifest', message, { violations });
}

function sentence({ field, value, rule, suggestion }: Violation): string {
  const subject = [field === '' ? '' : `${field}:`, value ?? ''].filter((part) => part !== '').join(' ');
  return `${subject} ${rule}${suggestion === undefined ? '' : `. Did you mean ${suggestion}?`}`.trim();
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`;
}
