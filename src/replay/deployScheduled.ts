import { join } from 'node:path';
import { readCode, readFunctionFolder } from '../functions/folder.ts';
import { FunctionRegistry } from '../functions/registry.ts';
import type { ScheduledFunction } from '../traces/schedule.ts';

export interface FunctionSources {
  /** The folder with the functions that ship. */
  readonly shipped: string;
  /** `<home>/functions`: what the user has deployed. */
  readonly deployed: string;
}

/**
 * Deploys what a schedule calls into a folder of the run's own: shipped code under the trace's names, and the user's
 * functions as they are now. So a run has its versions, and leaves nothing among the user's functions.
 * @throws FaasError `function_not_found`, with the nearest name that there is
 */
export async function deployScheduled(
  functions: readonly ScheduledFunction[],
  sources: FunctionSources,
  into: string,
): Promise<void> {
  const registry = await FunctionRegistry.open(into);
  const codeOf = new Map<string, ReturnType<typeof readFunctionFolder>>();
  let deployed: FunctionRegistry | undefined;
  for (const { name, source, manifest } of functions) {
    if (source === undefined) {
      deployed ??= await FunctionRegistry.open(sources.deployed);
      const { codePath, namespace, manifest: own } = deployed.require(name);
      await registry.deploy({ namespace, manifest: { ...own, ...manifest }, files: await readCode(codePath) });
      continue;
    }
    const reading = codeOf.get(source) ?? readFunctionFolder(join(sources.shipped, source));
    codeOf.set(source, reading);
    const { manifest: own, files } = await reading;
    await registry.deploy({ manifest: { ...own, ...manifest }, files });
  }
}
