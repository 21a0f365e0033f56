import { createHash } from 'node:crypto';
import type { FunctionManifest } from '../protocol/manifest.ts';
import type { CodeFile } from './files.ts';

/** Digits of a digest that keys and folders carry. */
export const SHORT_DIGEST_LENGTH = 12;

/**
 * sha256 over the manifest (fields in alphabetical order) and the files (paths in byte order), each part with its
 * length ahead of it, so that no two contents are read as the same bytes. 64 hex characters.
 */
export function digestOf(manifest: FunctionManifest, files: readonly CodeFile[]): string {
  const hash = createHash('sha256');
  const add = (part: Uint8Array): void => {
    hash.update(`${part.byteLength}:`).update(part);
  };
  add(Buffer.from(JSON.stringify(sorted(manifest))));
  const byPath = files.map(({ path, bytes }) => ({ path: Buffer.from(path), bytes }));
  byPath.sort((a, b) => Buffer.compare(a.path, b.path));
  for (const { path, bytes } of byPath) {
    add(path);
    add(bytes);
  }
  return hash.digest('hex');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, field]) => [key, sorted(field)]));
}
