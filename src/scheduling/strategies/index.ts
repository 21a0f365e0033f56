import { didYouMean } from '../../lib/nearest.ts';
import { seededRandom } from '../../lib/random.ts';
import { FaasError } from '../../protocol/errors.ts';
import type { Strategy, StrategyDescription, StrategyOptions } from '../strategy.ts';
import { faasbatch } from './faasbatch.ts';
import { vanilla } from './vanilla.ts';
import { vanillaOriginal } from './vanillaOriginal.ts';

/** The strategies that ship, by name. */
export const STRATEGIES: ReadonlyMap<string, StrategyDescription> = new Map(
  [faasbatch, vanilla, vanillaOriginal].map((description) => [description.name, description]),
);

/** @throws FaasError `bad_request`, with the nearest name that there is */
export function describeStrategy(name: string): StrategyDescription {
  const description = STRATEGIES.get(name);
  if (description !== undefined) return description;
  const names = [...STRATEGIES.keys()];
  throw new FaasError('bad_request', `strategy "${name}" is not one of ${names.join(', ')}.${didYouMean(name, names)}`);
}

export interface StrategySettings {
  readonly strategy: string;
  readonly strategyParameters: StrategyOptions['parameters'];
  readonly dispatchIntervalMs: number;
  readonly seed: number;
}

/** @throws FaasError `bad_request` naming the strategy, or the parameter and what it may be */
export function createStrategy(settings: StrategySettings): Strategy {
  const description = describeStrategy(settings.strategy);
  checkParameters(description, settings.strategyParameters);
  return description.create({
    dispatchIntervalMs: settings.dispatchIntervalMs,
    random: seededRandom(settings.seed, description.name),
    parameters: settings.strategyParameters,
  });
}

function checkParameters({ name, parameters }: StrategyDescription, given: StrategyOptions['parameters']): void {
  for (const [parameter, value] of Object.entries(given)) {
    const known = parameters[parameter];
    if (known === undefined) {
      const names = Object.keys(parameters);
      const has = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}.${didYouMean(parameter, names)}`;
      throw new FaasError('bad_request', `strategy ${name} has no parameter "${parameter}": ${has}`);
    }
    if (known.oneOf !== undefined && !known.oneOf.includes(value)) {
      const rule = `is not one of ${known.oneOf.join(', ')}`;
      throw new FaasError('bad_request', `parameter ${parameter} = "${value}" of strategy ${name} ${rule}`);
    }
  }
}
