import { Random } from '../random.ts';

export interface KeepMask {
  seed: number;
  layer: string;
  rate: number;
  step: number;
  /** Place of the mask's first image in the batch. */
  firstRow: number;
  rows: number;
}

/**
 * Fills `mask` with what a dropout layer keeps of some images in a step: 1 or 0, drawn from seed,
 * layer, step and the image's place in the batch only, not from what ran before or beside it.
 */
export function drawKeepMask(
  mask: Uint8Array,
  { seed, layer, rate, step, firstRow, rows }: KeepMask,
): void {
  const threshold = Math.round(rate * 0x10000);
  const rowSize = mask.length / rows;
  for (let row = 0; row < rows; row++) {
    const random = new Random(seed, 'dropout', layer, step, firstRow + row);
    const end = (row + 1) * rowSize;
    // One draw of 32 bits decides two numbers.
    for (let at = row * rowSize; at < end; at += 2) {
      const bits = random.uint32();
      mask[at] = (bits & 0xffff) >= threshold ? 1 : 0;
      if (at + 1 < end) mask[at + 1] = bits >>> 16 >= threshold ? 1 : 0;
    }
  }
}
