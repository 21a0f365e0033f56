import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FaasError } from '../protocol/errors.ts';

/** The package's root folder: this file is in src/worker or dist/worker. */
const PACKAGE_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The functions that ship, one folder each. */
export const SHIPPED_FUNCTIONS = join(PACKAGE_ROOT, 'runtime-image', 'functions');

/** @throws FaasError `internal` when the package was not built */
export function agentPath(): string {
  const path = join(PACKAGE_ROOT, 'dist', 'runtime', 'agent.js');
  if (!existsSync(path)) throw new FaasError('internal', `${path} is missing: npm run build makes it`);
  return path;
}

/** Where installed packages lie: beside the code in a checkout, above it when faasbatch is itself installed as one. */
export function sharedModulesPath(): string {
  const own = join(PACKAGE_ROOT, 'node_modules');
  return existsSync(own) ? own : dirname(PACKAGE_ROOT);
}
