import type { ResolvedConfig } from '../config/resolve.ts';
import type { WorkerConfig } from '../config/worker.ts';
import type { NewRun } from '../results/runFolder.ts';
import { workerSettings } from '../worker/settings.ts';
import { packageVersion } from './packageVersion.ts';

/** What is said of every run, whatever it does. @param worker as this run's worker has it */
export function runFacts(
  worker: WorkerConfig,
  { settings }: ResolvedConfig,
): ReturnType<typeof workerSettings> & Pick<NewRun, 'config' | 'versions'> {
  return {
    ...workerSettings(worker),
    // As it may be written out: without secrets.
    config: Object.fromEntries(settings.map(({ field, shown }) => [field.path, shown])),
    versions: { faasbatch: packageVersion() },
  };
}
