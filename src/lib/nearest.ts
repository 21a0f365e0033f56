import { closest, distance } from 'fastest-levenshtein';

/** The candidate that was probably meant by a misspelt word; undefined if none is near enough to be worth a question. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const candidate = closest(word, candidates);
  const edits = distance(word, candidate);
  const tolerated = Math.max(2, Math.floor(candidate.length / 3));
  return edits <= tolerated && edits < Math.min(word.length, candidate.length) ? candidate : undefined;
}

/** ` Did you mean "echo"?`, to be put behind a message; '' if nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? '' : ` Did you mean "${candidate}"?`;
}
