import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FaasError } from '../../protocol/errors.ts';
import type { HandlerContext } from './context.ts';
import type { HandlerEvent } from './eventCodec.ts';
import { describeThrown, stackOf } from './thrown.ts';

export type Handler = (event: HandlerEvent, context: HandlerContext) => unknown;

/**
 * Imports a handler: `file.mjs` (its default export; of CommonJS also `module.exports`, `exports.default` or
 * `exports.handler`) or `file.mjs#name` (the export of that name).
 * @throws FaasError `init_failed`
 */
export async function loadHandler(codePath: string, handler: string): Promise<Handler> {
  const [file = '', exportName] = handler.split('#', 2);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(pathToFileURL(resolve(codePath, file)).href);
  } catch (cause) {
    const message = [`${file} could not be imported: ${describeThrown(cause)}`, ...firstPlace(cause)].join(' ');
    throw new FaasError('init_failed', message, {}, { cause });
  }
  const found = exportName === undefined ? defaultExport(module) : namedExport(module, exportName);
  if (typeof found === 'function') return found as Handler;
  const what = exportName === undefined ? 'default export' : `export '${exportName}'`;
  const rule = found === undefined ? `has no ${what}` : `has a ${what} that is ${article(found)}`;
  const exported = Object.keys(module).join(', ') || 'nothing';
  throw new FaasError('init_failed', `${file} ${rule}; it must be a function (the module exports: ${exported})`);
}

function defaultExport(module: Readonly<Record<string, unknown>>): unknown {
  const { default: exported } = module;
  if (typeof exported === 'function') return exported;
  // CommonJS: `default` is module.exports, an empty object if nothing was exported
  for (const name of ['default', 'handler']) {
    const inside = property(exported, name);
    if (inside !== undefined) return inside;
  }
  const isEmpty = typeof exported === 'object' && exported !== null && Object.keys(exported).length === 0;
  return isEmpty ? undefined : exported;
}

function namedExport(module: Readonly<Record<string, unknown>>, name: string): unknown {
  return module[name] ?? property(module['default'], name);
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function article(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Where the stack begins, in code that is not Node's own. */
function firstPlace(thrown: unknown): string[] {
  const place = stackOf(thrown)
    ?.split('\n')
    .find((line) => /^\s+at (?!.*\(node:internal)/.test(line));
  return place === undefined ? [] : [`(${place.trim()})`];
}
