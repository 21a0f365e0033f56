import type { Colour } from '../colour.ts';

/** A line of a description: what it is about, and what there is to say. */
export type Fact = readonly [name: string, value: string];

/** Facts below each other, their values aligned. */
export function factsText(facts: readonly Fact[], colour: Colour): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `  ${colour('dim', name.padEnd(width))}  ${value}`).join('\n');
}

/** Parts of one fact; empty ones are left out. */
export function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}
