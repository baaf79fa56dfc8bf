import { Random } from '../random.ts';

/**
 * Fills `mask` with what a dropout layer keeps in a step: 1 or 0, drawn from seed, layer and step
 * only, not from what ran before.
 */
export function drawKeepMask(
  mask: Uint8Array,
  { seed, layer, rate, step }: { seed: number; layer: string; rate: number; step: number },
): void {
  const random = new Random(seed, 'dropout', layer, step);
  const threshold = Math.round(rate * 0x10000);
  // One draw of 32 bits decides two numbers.
  for (let at = 0; at < mask.length; at += 2) {
    const bits = random.uint32();
    mask[at] = (bits & 0xffff) >= threshold ? 1 : 0;
    if (at + 1 < mask.length) mask[at + 1] = bits >>> 16 >= threshold ? 1 : 0;
  }
}
