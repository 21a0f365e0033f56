import { nearest } from '../lib/nearest.ts';
import { FaasError } from '../protocol/errors.ts';
import { describeSource, type Source } from './source.ts';

/** Gathers what is wrong with a configuration, so that people hear of all of it at once. */
export class ConfigProblems {
  readonly #texts: string[] = [];

  add(text: string, source: Source): void {
    this.#texts.push(`${text} (from ${describeSource(source)})`);
  }

  /** A name that nobody knows: with or without its section, the nearest one is suggested. */
  addUnknown(name: string, known: readonly string[], source: Source): void {
    const nearestLast = nearest(lastPart(name), known.map(lastPart));
    const close = nearest(name, known) ?? known.find((candidate) => lastPart(candidate) === nearestLast);
    this.add(`${name}: no such setting${close === undefined ? '' : `; did you mean ${close}?`}`, source);
  }

  /** @throws FaasError `invalid_config`, one problem a line in `details.problems` */
  throwIfAny(): void {
    if (this.#texts.length > 0) {
      throw new FaasError('invalid_config', this.#texts.join('; '), { problems: [...this.#texts] });
    }
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
