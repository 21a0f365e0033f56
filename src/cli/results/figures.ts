import { formatMs } from '../../lib/duration.ts';
import type { RunSettings } from '../../results/runSettings.ts';

/** A time, or `-` where there is none. */
export function msText(ms: number | null): string {
  return ms === null ? '-' : formatMs(ms);
}

export function countText(count: number | null): string {
  return count === null ? '-' : String(count);
}

export function amountText(amount: number | null, digits: number): string {
  return amount === null ? '-' : amount.toFixed(digits);
}

/** A number of any size with the digits that tell it apart from its neighbours. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1_000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

/** `fib(N+2), calibrated`; what was not scaled is as the trace has it. */
export function workText({ workScale }: Pick<RunSettings, 'workScale'>): string {
  if (workScale === null) return 'as in the trace';
  const { shift, mode } = workScale;
  if (typeof shift !== 'number') return String(mode ?? JSON.stringify(workScale));
  const shifted = shift === 0 ? '' : `${shift < 0 ? '' : '+'}${shift}`;
  return `fib(N${shifted}), ${mode}`;
}

/** `cpu-800 (cpu)`. */
export function traceText({ trace, workload }: Pick<RunSettings, 'trace' | 'workload'>): string {
  return trace === null ? '-' : `${trace} (${workload ?? '-'})`;
}

/** `faasbatch 200 ms`. */
export function strategyText({ strategy, dispatchIntervalMs }: RunSettingsOfStrategy): string {
  return dispatchIntervalMs === null ? strategy : `${strategy} ${dispatchIntervalMs} ms`;
}

type RunSettingsOfStrategy = Pick<RunSettings, 'strategy' | 'dispatchIntervalMs'>;
