import type { AugmentationSpec } from '#shared/augmentation.ts';
import type { BatchProducer } from '../producer.ts';
import { Augmenter } from './augmenter.ts';
import { Mixer } from './mix.ts';
import type { Size } from './resample.ts';

/** How the rows of a set are varied. Crosses to data threads. */
export interface AugmentRows {
  spec: AugmentationSpec;
  size: Size;
  /** The training's. */
  seed: number;
  /** What tells the set's images apart, one for each of its positions. */
  images: Uint32Array;
}

/** Batches of another producer, each image as it is drawn at its epoch. */
export function augmented(
  source: BatchProducer,
  { spec, size, seed, images }: AugmentRows,
): BatchProducer {
  const augmenter = new Augmenter(spec, size, seed);
  const mixer = new Mixer(spec, size, seed);
  const bytes = size.height * size.width * size.channels;
  let originals = new Uint8Array();
  return {
    fill(pixels, place) {
      const { epoch, positions } = place;
      if (originals.length < pixels.length) originals = new Uint8Array(pixels.length);
      const rows = originals.subarray(0, pixels.length);
      source.fill(rows, place);
      const ids = positions.map((position) => images[position] ?? position);
      for (const [index, image] of ids.entries()) {
        const row = [index * bytes, (index + 1) * bytes] as const;
        augmenter.apply(rows.subarray(...row), pixels.subarray(...row), { epoch, image });
      }
      if (mixer.mixes) mixer.apply(pixels, rows, mixer.plan(epoch, ids));
    },
    close: () => source.close(),
  };
}
