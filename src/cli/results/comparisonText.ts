import { isDeepStrictEqual } from 'node:util';
import type { ComparedFigure } from '../../results/compare.ts';
import type { RunDocument } from '../../results/runDocument.ts';
import { RUN_SETTING_NAMES, type RunSettings } from '../../results/runSettings.ts';
import type { Colour } from '../colour.ts';
import { type Column, table } from '../table.ts';
import { figureLabel, figureText, MAIN_FIGURES } from './figureLabels.ts';
import { strategyText, workText } from './figures.ts';

type Setting = keyof RunSettings;

/** What decides which work a run had to do. */
const WORK: readonly Setting[] = ['trace', 'traceDigest', 'workload', 'workScale', 'placement', 'seed', 'speed'];

/** Which figures to show: those that people compare first, or all. */
export type Selection = 'main' | 'all';

/** Runs side by side: the settings that differ, then figures, each with its ratio to that of the first run. */
export function comparisonText(
  runs: readonly RunDocument[],
  figures: readonly ComparedFigure[],
  selection: Selection,
  colour: Colour,
): string {
  const labels = labelsOf(runs);
  const legend = runs.map(({ runId }, index) => `${(labels[index] ?? '').padEnd(widest(labels))}  ${runId}`);
  const [first = '', ...others] = labels;
  const right = (head: string): Column => ({ head, align: 'right' });
  const columns = [{ head: '' }, right(first), ...others.flatMap((label) => [right(label), { head: '' }])];
  const settings = differingSettings(runs).map((name) =>
    beside(
      name,
      runs.map((run) => settingText(run, name)),
      [],
    ),
  );
  const compared = chosen(figures, selection).map(({ name, label, values, ratios }) =>
    beside(
      label,
      values.map((value) => figureText(name, value)),
      ratios.map((ratio) => ratioText(ratio, colour)),
    ),
  );
  return [...legend, '', table(columns, [...settings, ...compared], colour)].join('\n');
}

/** What people call the runs: the strategy, with the end of the id where several have it. */
export function labelsOf(runs: readonly Pick<RunDocument, 'runId' | 'strategy' | 'dispatchIntervalMs'>[]): string[] {
  const names = runs.map(strategyText);
  return runs.map(({ runId }, index) => {
    const name = names[index] ?? '';
    const isOnly = names.indexOf(name) === names.lastIndexOf(name);
    return isOnly ? name : `${name} ${runId.slice(runId.lastIndexOf('-') + 1)}`;
  });
}

/** Why figures of these runs may differ beside what was to be compared; empty if for no reason. */
export function doubts(runs: readonly RunDocument[]): string[] {
  const work = differingSettings(runs).filter((name) => WORK.includes(name));
  const machines = new Set(runs.map(({ host }) => JSON.stringify([host['hostname'], host['cpu'], host['cores']])));
  return [
    ...(work.length === 0 ? [] : [`these runs had different work to do: they differ in ${work.join(', ')}`]),
    ...(machines.size === 1 ? [] : ['these runs were not made on the same machine']),
  ];
}

/** Calibration measures anew in every run: of `workScale` what came of it counts. */
function differingSettings(runs: readonly RunDocument[]): Setting[] {
  const comparable = (run: RunSettings, name: Setting): unknown => (name === 'workScale' ? workText(run) : run[name]);
  const [first] = runs;
  if (first === undefined) return [];
  return RUN_SETTING_NAMES.filter((name) => name !== 'rho').filter((name) =>
    runs.some((run) => !isDeepStrictEqual(comparable(run, name), comparable(first, name))),
  );
}

function settingText(run: RunSettings, name: Setting): string {
  if (name === 'workScale') return workText(run);
  const value = run[name];
  if (value === null) return '-';
  return name === 'traceDigest' ? String(value).slice(0, 12) : String(value);
}

interface LabelledFigure extends ComparedFigure {
  readonly label: string;
}

/** Without the figures that are 0, or unknown, everywhere. */
function chosen(figures: readonly ComparedFigure[], selection: Selection): LabelledFigure[] {
  const alive = figures.filter(({ values }) => values.some((value) => value !== null && value !== 0));
  if (selection === 'all') return alive.map((figure) => ({ ...figure, label: figureLabel(figure.name) }));
  return [...MAIN_FIGURES].flatMap(([name, label]) => {
    const figure = alive.find((candidate) => candidate.name === name);
    return figure === undefined ? [] : [{ ...figure, label }];
  });
}

/** The first run has no ratio. */
function beside(label: string, values: readonly string[], ratios: readonly string[]): string[] {
  return [label, values[0] ?? '', ...values.slice(1).flatMap((value, index) => [value, ratios[index + 1] ?? ''])];
}

function ratioText(ratio: number | null, colour: Colour): string {
  if (ratio === null) return '';
  const text = `×${ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3)}`;
  return Math.abs(ratio - 1) < 0.005 ? colour('dim', text) : text;
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}
