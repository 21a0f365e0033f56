import type { Colour } from '../../src/cli/colour.ts';
import { table } from '../../src/cli/table.ts';
import type { BenchResult, Variant } from './benchmark.ts';
import type { MachineNotes } from './machine.ts';

/** A result for people. */
export function reportOf(result: BenchResult, colour: Colour): string {
  const { name, question, ratio, boundName, better, variant, rounds, size, seconds, machine } = result;
  const meaning = better === 'higher' ? `its rate ÷ ${boundName}'s` : `${boundName}'s time ÷ its own`;
  return [
    colour('bold', `${name}: ratio ${figure(ratio)}`),
    `${question}`,
    `ratio: ${meaning}, 1 is the bound; medians and quartiles of ${rounds} interleaved rounds; headline: ${variant}`,
    '',
    figuresOf(result, colour),
    '',
    colour('dim', `${size}, ${seconds.toFixed(0)} s; ${machineLine(machine)}`),
  ].join('\n');
}

function figuresOf({ unit, boundName, variants }: BenchResult, colour: Colour): string {
  const heads = [unit, boundName, 'CPU µs each', boundName, 'ratio', 'quartiles', 'CPU ratio'];
  return table(
    [{ head: '' }, ...heads.map((head) => ({ head, align: 'right' as const })), { head: '' }],
    variants.map((each) => [
      each.variant,
      figure(each.value),
      figure(each.bound),
      figure(each.cpuUsPerInvocation),
      figure(each.boundCpuUsPerInvocation),
      figure(each.ratio),
      each.spread.map(figure).join(' to '),
      figure(each.cpuRatio),
      detailsOf(each),
    ]),
    colour,
  );
}

function detailsOf({ details }: Variant): string {
  return Object.entries(details)
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join(', ');
}

function machineLine({ host, versions, loadAverage, stealShare }: MachineNotes): string {
  const steal = stealShare === null ? 'steal unknown' : `steal ${(stealShare * 100).toFixed(1)} %`;
  const load = loadAverage.map((load) => load.toFixed(1)).join(' before, ');
  const machine = `${String(host['cores'])} × ${String(host['cpu'])}, ${String(host['platform'])} ${String(host['release'])}`;
  return `${machine}, Node ${versions['node'] ?? '?'}; load average ${load} after; ${steal}`;
}

/** Three digits that count; '-' for what is not known. */
function figure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-GB');
  return String(Number(value.toPrecision(3)));
}
