const UNIT_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Reads a duration as people type it: `200ms`, `0.2s`, `10m`; a bare number is milliseconds.
 * @returns milliseconds, or undefined if the text is no duration.
 */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)(us|ms|s|m|h)?$/.exec(text.trim());
  if (match?.[1] === undefined) return undefined;
  return Number(match[1]) * (UNIT_MS[match[2] ?? 'ms'] ?? 1);
}

/** Writes milliseconds for people: `1.2 ms`, `340 ms`, `12.5 s`. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return '-';
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms >= 100) return `${ms.toFixed(0)} ms`;
  if (ms >= 10) return `${ms.toFixed(1)} ms`;
  return `${ms.toFixed(2)} ms`;
}
