/** What a screen reader says of a tile. */
import type { ImageRow } from '#shared/contract/index.ts';
import { integer } from './format.ts';

const flags = { unsure: 'unsure', skipped: 'skipped', conflict: 'conflicting labels' } as const;

export function tileText(
  row: ImageRow | undefined,
  className: string | undefined,
  index: number,
  count: number,
): string {
  const place = `${integer(index + 1)} of ${integer(count)}`;
  if (!row) return `Image ${place}`;
  const parts = [row.name, className ?? 'unlabeled'];
  if (row.flag) parts.push(flags[row.flag]);
  if (!row.available) parts.push('file is missing');
  return `${parts.join(', ')}, ${place}`;
}
