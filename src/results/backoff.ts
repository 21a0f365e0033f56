const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/** How long to wait before trying again: doubling, up to 5 s, spread over half of it so that many do not try at once. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return ceiling * (0.5 + random() / 2);
}
