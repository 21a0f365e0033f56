import { type Field, fieldOf } from '../../results/fields.ts';
import type { Answer, AnswerRow } from '../../results/queries.ts';
import type { Colour } from '../colour.ts';
import { table } from '../table.ts';
import { msText, numberText } from './figures.ts';

/** The answer to a question: one group a line. */
export function answerText({ metric, groupBy, stats, rows }: Answer, colour: Colour): string {
  const groups = groupBy.map(fieldOf);
  const of = fieldOf(metric);
  const columns = [
    ...groups.map(({ name, kind }) => ({
      head: name,
      align: kind === 'text' ? ('left' as const) : ('right' as const),
    })),
    { head: 'CALLS', align: 'right' as const },
    ...stats.map((stat) => ({ head: stat === 'count' ? 'count' : `${metric} ${stat}`, align: 'right' as const })),
  ];
  return table(
    columns,
    rows.map((row) => rowOf(row, groups, of, stats)),
    colour,
  );
}

function rowOf(
  { group, invocations, values }: AnswerRow,
  groups: readonly Field[],
  metric: Field,
  stats: readonly string[],
): string[] {
  return [
    ...groups.map((field) => valueText(group[field.name])),
    String(invocations),
    ...stats.map((stat) => statText(stat, metric, values[stat] ?? null)),
  ];
}

function statText(stat: string, { kind }: Field, value: number | null): string {
  if (value === null) return '-';
  return kind === 'ms' && stat !== 'count' ? msText(value) : numberText(value);
}

/** As it would have to be typed behind `--where <field>=`. */
function valueText(value: unknown): string {
  return value === null || value === undefined ? '-' : String(value);
}
