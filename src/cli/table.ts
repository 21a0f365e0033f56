import CliTable from 'cli-table3';
import type { Colour } from './colour.ts';

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
}

const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .map((name) => [name, '']),
);

/** A table for people: aligned columns without frames, ready to be cut up with awk. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], colour: Colour): string {
  const drawn = new CliTable({
    head: columns.map((column) => colour('bold', column.head)),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: { ...NO_LINES, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
