import { augmentationSpec, type AugmentationInput } from '#shared/augmentation.ts';
import { Augmenter } from '#core/engine/data/augment/augmenter.ts';
import type { DrawPlace } from '#core/engine/data/augment/draw.ts';
import type { Size } from '#core/engine/data/augment/resample.ts';
import { Random } from '#core/engine/random.ts';

export type OperationInput = AugmentationInput['operations'][number];

/** An image of random levels. */
export function noise({ height, width, channels }: Size, seed = 1): Uint8Array {
  const random = new Random(seed, 'test image');
  return Uint8Array.from({ length: height * width * channels }, () => random.below(256));
}

/** What `operations` make of an image. */
export function augmented(
  image: Uint8Array,
  size: Size,
  operations: OperationInput[],
  {
    seed = 1,
    place = { epoch: 1, image: 1 },
    ...edges
  }: Partial<Pick<AugmentationInput, 'fill' | 'fillValue'>> & {
    seed?: number;
    place?: DrawPlace;
  } = {},
): Uint8Array {
  const spec = augmentationSpec.parse({ name: 'test', operations, ...edges });
  const target = new Uint8Array(image.length).fill(77);
  new Augmenter(spec, size, seed).apply(image, target, place);
  return target;
}

/** Rows of one channel, as they are read. */
export function grid(text: string): { pixels: Uint8Array; size: Size } {
  const rows = text
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  return {
    pixels: Uint8Array.from(rows.flat()),
    size: { height: rows.length, width: rows[0]?.length ?? 0, channels: 1 },
  };
}
