import { didYouMean } from '../lib/nearest.ts';
import { FaasError } from '../protocol/errors.ts';

/** A file of a function, by its path inside the function's folder, with `/` between its parts. */
export interface CodeFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface CodeLimits {
  /** All files together. */
  readonly maxCodeBytes: number;
  readonly maxFiles: number;
}

export const DEFAULT_CODE_LIMITS: CodeLimits = { maxCodeBytes: 64 * 2 ** 20, maxFiles: 20_000 };

const MAX_PATH_BYTES = 1_024;
const MAX_PART_BYTES = 255;

/**
 * Nothing that passes can be written outside the folder it is written to, or be in the way of another file.
 * @throws FaasError `invalid_code`, `payload_too_large`
 */
export function checkFiles(files: readonly CodeFile[], handler: string, limits: CodeLimits): void {
  if (files.length > limits.maxFiles) throw tooLarge('maxFiles', `${files.length} files`, limits.maxFiles);
  const bytes = files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
  if (bytes > limits.maxCodeBytes) throw tooLarge('maxCodeBytes', `${bytes} bytes`, limits.maxCodeBytes);
  const paths = new Set<string>();
  for (const { path } of files) {
    checkPath(path);
    if (paths.has(path)) throw invalid(path, 'is there twice');
    paths.add(path);
  }
  for (const path of paths) {
    const inTheWay = parentsOf(path).find((parent) => paths.has(parent));
    if (inTheWay !== undefined) throw invalid(path, `lies in ${JSON.stringify(inTheWay)}, which is a file`);
  }
  if (!paths.has(handler)) {
    const hint = didYouMean(handler, [...paths]);
    throw new FaasError('invalid_code', `handler: ${JSON.stringify(handler)} is not among the files.${hint}`, {
      field: 'handler',
    });
  }
}

/** Sizes can be told before any file is read: for those who read files one after another. */
export function tooLarge(limit: keyof CodeLimits, what: string, allowed: number): FaasError {
  return new FaasError('payload_too_large', `the function has ${what}, ${limit} allows ${allowed}`, { limit, allowed });
}

function checkPath(path: string): void {
  const parts = path.split('/');
  if (path.startsWith('/')) throw invalid(path, 'must be relative');
  if (path.includes('\\') || path.includes('\0')) throw invalid(path, 'must have no backslash and no NUL');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw invalid(path, 'must have no part that is empty, `.` or `..`');
  }
  if (Buffer.byteLength(path) > MAX_PATH_BYTES || parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES)) {
    throw invalid(path, `must have at most ${MAX_PATH_BYTES} bytes, and ${MAX_PART_BYTES} in a part`);
  }
}

function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function invalid(path: string, rule: string): FaasError {
  return new FaasError('invalid_code', `file ${JSON.stringify(path)} ${rule}`, { field: 'files', path });
}
