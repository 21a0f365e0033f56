import { asError, FaasError } from '../../protocol/errors.ts';
import { fieldOf } from '../../results/fields.ts';
import { metricOf, type Question } from '../../results/queries.ts';
import { statisticOf } from '../../results/statistics.ts';
import { type Condition, parseWhere } from '../../results/where.ts';
import { usageError } from '../usage.ts';
import { hinted } from './withStore.ts';

export const WHERE_OPTION = [
  '--where <conditions>',
  'only what meets all of them: strategy=faasbatch,status!=ok,endToEnd>1.5s',
] as const;

/** `--where a --where b` is `--where a,b`. */
export function joinWhere(value: string, previous: string | undefined): string {
  return previous === undefined ? value : `${previous},${value}`;
}

/** Reads conditions before any store is asked. @throws FaasError `invalid_query` */
export function readConditions(where: string | undefined): Condition[] {
  return teaching(() => parseWhere(where ?? ''));
}

/** Conditions on runs alone. @throws FaasError `invalid_query`, `usage` */
export function readRunConditions(where: string | undefined): Condition[] {
  const conditions = readConditions(where);
  const other = conditions.find(({ field }) => !field.ofRun);
  if (other === undefined) return conditions;
  throw usageError(
    `--where: runs have no field "${other.field.name}", their invocations have it`,
    `faasbatch results query --group-by runId --where ${other.field.name}…`,
  );
}

/** Checks a whole question before any store is asked. @throws FaasError `invalid_query` */
export function checkQuestion({ groupBy = [], metric, stats = [] }: Question): void {
  teaching(() => {
    groupBy.forEach(fieldOf);
    if (metric !== undefined) metricOf(metric);
    stats.forEach(statisticOf);
  });
}

/** `strategy, function` as names; undefined for none. */
export function readNames(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function teaching<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    const error = asError(thrown);
    if (!(error instanceof FaasError) || error.code !== 'invalid_query') throw error;
    throw hinted(error, 'faasbatch results query --fields lists what can be asked');
  }
}
