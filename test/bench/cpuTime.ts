import type { Sample } from './comparison.ts';
import { treeCpuUs } from './processTree.ts';
import type { Target } from './target.ts';

/** A figure with the invocations that it was measured on. */
interface Figure {
  readonly value: number;
  readonly invocations: number;
}

/** Measures a figure, and the CPU time that the target's processes take for it. */
export async function withCpuTime({ pid }: Target, measure: () => Promise<Figure>): Promise<Sample> {
  const before = treeCpuUs(pid);
  const { value, invocations } = await measure();
  const after = treeCpuUs(pid);
  const cpuUsPerInvocation = before === undefined || after === undefined ? undefined : (after - before) / invocations;
  return { value, cpuUsPerInvocation };
}
