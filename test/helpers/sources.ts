import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { PROJECT_ROOT } from './projectRoot.ts';

export interface SourceFile {
  /** From the project's root: `src/lib/clock.ts`. */
  readonly path: string;
  /** The folder below `src`: `lib`. */
  readonly layer: string;
  readonly text: string;
  /** What it imports of ours, from the project's root; of `ownValues` something is there at run time. */
  readonly own: readonly string[];
  readonly ownValues: readonly string[];
  /** Packages that it imports, without their inner paths; `node:` modules with their prefix. */
  readonly packages: readonly string[];
}

const TYPE_IMPORT = /^(import|export) type\b[^;]*;$/gm;

/** Every TypeScript file below `src`, with its imports: of types, of values, and those made at run time. */
export function readSources(): SourceFile[] {
  return readdirSync(join(PROJECT_ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readSource(posix.join('src', name)))
    .sort((left, right) => left.path.localeCompare(right.path));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(PROJECT_ROOT, path), 'utf8');
  const imports = importsIn(text);
  return {
    path,
    layer: path.split('/')[1] ?? '',
    text,
    own: ownOf(path, imports),
    ownValues: ownOf(path, importsIn(text.replace(TYPE_IMPORT, ''))),
    packages: imports.filter((name) => !name.startsWith('.')).map(packageName),
  };
}

function importsIn(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);
}

function ownOf(path: string, imports: readonly string[]): string[] {
  return imports.filter((name) => name.startsWith('.')).map((name) => posix.join(dirname(path), name));
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}
