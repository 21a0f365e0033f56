const UNIT_BYTES: Record<string, number> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/**
 * Reads a size as people type it: `512MB`, `1.5GB`, `16 KiB`; a bare number is in `bareUnit`. Steps are of 1024, as
 * memory limits count them.
 * @returns whole bytes, or undefined if the text is no size.
 */
export function parseBytes(text: string, bareUnit: 'B' | 'MB' = 'B'): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*(?:([kmg]?)i?b)?$/i.exec(text.trim());
  if (match?.[1] === undefined) return undefined;
  const unit = match[2] === undefined ? bareUnit : `${match[2].toUpperCase()}B`;
  return Math.round(Number(match[1]) * (UNIT_BYTES[unit] ?? 1));
}

/** Writes bytes for people: `640 B`, `16 KB`, `1.5 GB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '-';
  for (const unit of ['GB', 'MB', 'KB'] as const) {
    const size = bytes / (UNIT_BYTES[unit] ?? 1);
    if (size >= 1) return `${Number(size.toFixed(1))} ${unit}`;
  }
  return `${bytes} B`;
}
