/** Finding actions and classes by what a person types. */

/**
 * How well `query` fits `text`: 0 not at all; the start of the text beats the start of a word, which
 * beats the middle of a word, which beats scattered letters. Case and accents do not matter.
 */
export function matchScore(query: string, text: string): number {
  const needle = fold(query);
  const hay = fold(text);
  if (needle === '') return 1;
  if (hay === needle) return 100;
  if (hay.startsWith(needle)) return 80;
  const at = hay.indexOf(needle);
  if (at > 0) return /[^\p{L}\p{N}]/u.test(hay.charAt(at - 1)) ? 60 : 40;
  return scattered(needle, hay) ? 10 : 0;
}

/** The items that fit, the best first; equal ones keep their order. */
export function rank<T>(query: string, items: readonly T[], textOf: (item: T) => string): T[] {
  if (fold(query) === '') return [...items];
  return items
    .map((item) => ({ item, score: matchScore(query, textOf(item)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item);
}

function fold(text: string): string {
  return text.trim().normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

function scattered(needle: string, hay: string): boolean {
  let from = 0;
  for (const letter of needle) {
    const at = hay.indexOf(letter, from);
    if (at < 0) return false;
    from = at + 1;
  }
  return true;
}
