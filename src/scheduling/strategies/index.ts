import type { StrategyDescription } from '../strategy.ts';
import { faasbatch } from './faasbatch.ts';
import { vanilla } from './vanilla.ts';
import { vanillaOriginal } from './vanillaOriginal.ts';

/** The strategies that ship, by name. */
export const STRATEGIES: ReadonlyMap<string, StrategyDescription> = new Map(
  [faasbatch, vanilla, vanillaOriginal].map((description) => [description.name, description]),
);
