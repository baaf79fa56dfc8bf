/** What is seen beyond an image's edge. */
import type { FillMode } from '#shared/augmentation.ts';

/** Index of the sample at `index` of `size` samples in a row; -1 where the fill value stands. */
export function edgeIndex(index: number, size: number, mode: FillMode): number {
  if (index >= 0 && index < size) return index;
  switch (mode) {
    case 'constant':
      return -1;
    case 'nearest':
      return index < 0 ? 0 : size - 1;
    case 'wrap':
      return ((index % size) + size) % size;
    case 'reflect': {
      // d c b a | a b c d | d c b a
      const folded = ((index % (2 * size)) + 2 * size) % (2 * size);
      return folded < size ? folded : 2 * size - 1 - folded;
    }
  }
}
