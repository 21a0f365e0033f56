import type { Colour } from './colour.ts';

export interface Series {
  readonly name: string;
  /** Milliseconds, above 0 where it is to be seen, in any order. */
  readonly values: readonly number[];
}

const MARKS = ['●', '○', '▲', '△', '■', '□', '◆', '◇'];
const COLOURS = ['cyan', 'yellow', 'green', 'red'] as const;
const HEIGHT = 10;
const LABEL_WIDTH = 7;

/**
 * Cumulative distributions in the terminal: latency to the right (logarithmic), the share of calls that took no longer
 * upwards. Told apart by their marks, so that it also reads without colour; where series coincide, the last is seen.
 */
export function cdfPicture(series: readonly Series[], width: number, colour: Colour): string {
  const all = series.flatMap(({ values }) => values).filter((value) => value > 0);
  if (all.length === 0) return '';
  const plotWidth = Math.max(20, width - LABEL_WIDTH);
  const scale = logScale(least(all), greatest(all), plotWidth);
  const cells = Array.from({ length: HEIGHT }, () => new Array<string>(plotWidth).fill(' '));
  for (const [index, { values }] of series.entries()) {
    const mark = paint(colour, index, MARKS[index % MARKS.length] ?? '*');
    plot(values, scale, plotWidth, (row, column) => {
      const line = cells[row];
      if (line !== undefined) line[column] = mark;
    });
  }
  const body = cells.map((line, row) => `${label(row)}│${line.join('').replace(/ +$/, '')}`);
  const legend = series.map(({ name }, index) => `${paint(colour, index, MARKS[index % MARKS.length] ?? '*')} ${name}`);
  return [
    ...body,
    `${' '.repeat(LABEL_WIDTH - 1)}└${axis(scale, plotWidth)}`,
    ticks(scale, plotWidth),
    legend.join('   '),
  ].join('\n');
}

interface LogScale {
  column(value: number): number;
  value(column: number): number;
}

function logScale(low: number, high: number, width: number): LogScale {
  const from = Math.log10(low);
  const span = Math.max(Math.log10(high) - from, 0.1);
  return {
    column: (value) => Math.round(((Math.log10(Math.max(value, low)) - from) / span) * (width - 1)),
    value: (column) => 10 ** (from + (column / (width - 1)) * span),
  };
}

function plot(
  values: readonly number[],
  scale: LogScale,
  width: number,
  mark: (row: number, column: number) => void,
): void {
  const sorted = [...values].sort((a, b) => a - b);
  let before = 0;
  for (let column = 0; column < width; column += 1) {
    const upTo = scale.value(column + 0.5);
    let below = before;
    while (below < sorted.length && (sorted[below] ?? 0) <= upTo) below += 1;
    const share = below / sorted.length;
    before = below;
    if (share > 0) mark(HEIGHT - Math.max(1, Math.ceil(share * HEIGHT)), column);
    if (share === 1) return;
  }
}

function label(row: number): string {
  return `${Math.round(((HEIGHT - row) / HEIGHT) * 100)} %`.padStart(LABEL_WIDTH - 1);
}

function tickColumns(scale: LogScale, width: number): { column: number; text: string }[] {
  const found: { column: number; text: string }[] = [];
  for (let exponent = -3; exponent <= 7; exponent += 1) {
    const value = 10 ** exponent;
    if (value < scale.value(0) || value > scale.value(width - 1)) continue;
    found.push({ column: scale.column(value), text: value >= 1_000 ? `${value / 1_000} s` : `${value} ms` });
  }
  return found;
}

function axis(scale: LogScale, width: number): string {
  const line = new Array<string>(width).fill('─');
  for (const { column } of tickColumns(scale, width)) line[column] = '┬';
  return line.join('');
}

function ticks(scale: LogScale, width: number): string {
  let line = '';
  for (const { column, text } of tickColumns(scale, width)) line = line.padEnd(LABEL_WIDTH + column) + text;
  return line;
}

function paint(colour: Colour, index: number, text: string): string {
  return colour(COLOURS[index % COLOURS.length] ?? 'cyan', text);
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
