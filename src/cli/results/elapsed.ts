const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'days'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** How long something took or has been, for people; of a unit at least two: `90 s`, `3 min`, `26 h`, `2 days`. */
export function elapsed(ms: number): string {
  const [unitMs, name] = UNITS.find(([unit]) => ms >= 2 * unit) ?? [1_000, 's'];
  return `${Math.max(0, Math.floor(ms / unitMs))} ${name}`;
}

/** How long ago an ISO 8601 time was; '-' if it is none. */
export function ago(time: string, now = Date.now()): string {
  const at = Date.parse(time);
  return Number.isNaN(at) ? '-' : `${elapsed(now - at)} ago`;
}

/** `2026-11-21 02:45:12 UTC`. */
export function utc(time: string): string {
  return time.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}
