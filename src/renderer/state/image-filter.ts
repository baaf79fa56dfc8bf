/** The filter of the grid, and whether a row still fits it. The core filters by the same rules. */
import type { ImageFilter, ImageRow } from '#shared/contract/index.ts';

export function matchesFilter(filter: ImageFilter, row: ImageRow): boolean {
  const { classes, splits, flags, text } = filter;
  if (classes && classes.length > 0 && !classes.includes(row.classId ?? 'none')) return false;
  if (splits && splits.length > 0 && !splits.includes(row.split ?? 'none')) return false;
  if (flags && flags.length > 0 && (row.flag === null || !flags.includes(row.flag))) return false;
  if (text && !row.name.toLowerCase().includes(text.toLowerCase())) return false;
  return true;
}

export function isFiltered(filter: ImageFilter): boolean {
  const { classes, splits, flags, text } = filter;
  return Boolean(classes?.length || splits?.length || flags?.length || text);
}

/** The filter without its empty parts, so that equal filters look equal. */
export function tidyFilter(filter: ImageFilter): ImageFilter {
  const tidy: ImageFilter = {};
  if (filter.classes?.length) tidy.classes = filter.classes;
  if (filter.splits?.length) tidy.splits = filter.splits;
  if (filter.flags?.length) tidy.flags = filter.flags;
  if (filter.text?.trim()) tidy.text = filter.text.trim();
  return tidy;
}

/** Whether `next` is `before` with more behind it: showing it moves nothing. */
export function extendsList(before: readonly number[], next: readonly number[]): boolean {
  return next.length >= before.length && before.every((id, index) => next[index] === id);
}

/** How many ids of `next` are not in `before`. */
export function countNew(before: readonly number[], next: readonly number[]): number {
  const known = new Set(before);
  return next.reduce((sum, id) => (known.has(id) ? sum : sum + 1), 0);
}
