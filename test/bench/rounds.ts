/**
 * Measures everyone in every round, one after another, so that what the machine does meanwhile meets them all alike.
 * The order turns by one from round to round: nobody always comes first, or always behind the same one.
 * @returns for each of `who`, in its order, what was measured, by round
 */
export async function interleave<W, T>(
  who: readonly W[],
  rounds: number,
  measure: (one: W, round: number) => Promise<T>,
): Promise<T[][]> {
  const measured = who.map((): T[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < who.length; turn += 1) {
      const index = (round + turn) % who.length;
      measured[index]?.push(await measure(who[index] as W, round));
    }
  }
  return measured;
}
