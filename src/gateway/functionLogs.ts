import { monotonicMs } from '../lib/clock.ts';
import type { LogLine, Outcome } from '../protocol/invocation.ts';

const MAX_LINES = 1_000;
const MAX_CHARACTERS = 128 * 1_024;
/** Functions whose lines are kept; the one that was silent longest makes room. */
const MAX_FUNCTIONS = 256;

/** A line as people read it. */
export interface FunctionLogLine {
  /** Ascending; the place from which to read on. */
  readonly sequence: number;
  /** Wall time, ISO 8601. */
  readonly time: string;
  readonly level: LogLine['level'];
  readonly text: string;
  /** Written by the handler, or by the platform about the invocation's end. */
  readonly source: 'function' | 'platform';
  readonly invocationId: string;
  readonly digest: string;
}

interface Ring {
  readonly lines: FunctionLogLine[];
  characters: number;
}

/** The last lines of each function, in memory: for a look at what just happened. The whole of it is in the records. */
export class FunctionLogs {
  readonly #rings = new Map<string, Ring>();
  readonly #wallEpochMs = Date.now() - monotonicMs();
  #sequence = 0;

  append(outcome: Outcome): void {
    if (outcome.status === 'ok' && (outcome.logs === undefined || outcome.logs.length === 0)) return;
    const ring = this.#ringOf(functionOf(outcome.functionKey));
    for (const line of outcome.logs ?? []) this.#push(ring, outcome, line, 'function');
    if (outcome.status === 'ok') return;
    const text = `${outcome.status}${outcome.code === undefined ? '' : ` (${outcome.code})`}: ${outcome.message ?? ''}`;
    this.#push(ring, outcome, { at: outcome.completedAt, level: 'error', text }, 'platform');
  }

  /**
   * The last lines of a function, oldest first.
   * @param name `namespace/name`
   * @param after only lines with a greater sequence
   */
  read(name: string, tail: number, after = 0): FunctionLogLine[] {
    const lines = this.#rings.get(name)?.lines.filter(({ sequence }) => sequence > after) ?? [];
    return lines.slice(Math.max(0, lines.length - tail));
  }

  #push(ring: Ring, outcome: Outcome, { at, level, text }: LogLine, source: FunctionLogLine['source']): void {
    this.#sequence += 1;
    ring.lines.push({
      sequence: this.#sequence,
      time: new Date(this.#wallEpochMs + at).toISOString(),
      level,
      text,
      source,
      invocationId: outcome.invocationId,
      digest: outcome.functionKey.slice(outcome.functionKey.lastIndexOf('@') + 1),
    });
    ring.characters += text.length;
    while (ring.lines.length > MAX_LINES || (ring.characters > MAX_CHARACTERS && ring.lines.length > 1)) {
      ring.characters -= ring.lines.shift()?.text.length ?? 0;
    }
  }

  #ringOf(name: string): Ring {
    const ring = this.#rings.get(name) ?? { lines: [], characters: 0 };
    // Last in the map's order is who spoke last.
    this.#rings.delete(name);
    this.#rings.set(name, ring);
    const [silent] = this.#rings.keys();
    if (this.#rings.size > MAX_FUNCTIONS && silent !== undefined) this.#rings.delete(silent);
    return ring;
  }
}

/** `namespace/name` of a key. */
export function functionOf(functionKey: string): string {
  return functionKey.slice(0, functionKey.lastIndexOf('@'));
}
