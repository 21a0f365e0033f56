import { closest, distance } from 'fastest-levenshtein';

/**
 * The candidate that was probably meant by a misspelt word; undefined if none is near enough to be worth a question.
 * Upper and lower case are taken as equal.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const lowered = candidates.map((candidate) => candidate.toLowerCase());
  const near = closest(word.toLowerCase(), lowered);
  const candidate = candidates[lowered.indexOf(near)] ?? near;
  const edits = distance(word.toLowerCase(), near);
  const tolerated = Math.max(2, Math.floor(candidate.length / 3));
  return edits <= tolerated && edits < Math.min(word.length, candidate.length) ? candidate : undefined;
}

/** ` Did you mean "echo"?`, to be put behind a message; '' if nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? '' : ` Did you mean "${candidate}"?`;
}
