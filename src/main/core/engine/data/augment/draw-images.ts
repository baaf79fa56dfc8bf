import type { AugmentedImages, AugmentJob } from '../../protocol.ts';
import { inOrder } from '../loader.ts';
import { createProducer } from '../producer.ts';
import { openRows } from '../rows.ts';
import { Augmenter } from './augmenter.ts';
import { Mixer } from './mix.ts';

/** Rows are read as they are wanted: a preview shows a few of perhaps a hundred thousand. */
const NO_MEMORY = 0;

/**
 * Draws single images. Mixup and cutmix take the set's other images as the batch.
 *
 * Throws SOURCE_UNREADABLE if the set's pack is missing or too short.
 */
export async function drawImages({ set, spec, seed, draws }: AugmentJob): Promise<AugmentedImages> {
  const { height, width, channels } = set;
  const size = { height, width, channels };
  const bytes = height * width * channels;
  const images = set.images ?? inOrder(set.slots.length);
  const source = createProducer(await openRows(set, NO_MEMORY));
  const augmenter = new Augmenter(spec, size, seed);
  const mixer = new Mixer(spec, size, seed);
  const pixels = new Uint8Array(draws.length * bytes);
  const original = new Uint8Array(bytes);
  const pair = new Uint8Array(2 * bytes);
  const scratch = new Uint8Array(2 * bytes);

  const drawInto = (target: Uint8Array, position: number, draw: (typeof draws)[number]) => {
    const { epoch, strength } = draw;
    source.fill(original, { epoch, step: 0, positions: Uint32Array.of(position) });
    const image = images[position] ?? position;
    augmenter.apply(original, target, {
      epoch,
      image,
      ...(strength === undefined ? {} : { strength }),
    });
    return augmenter.drawn;
  };

  try {
    const drawn = draws.map((draw, index) => {
      const target = pixels.subarray(index * bytes, (index + 1) * bytes);
      const done = drawInto(target, draw.position, draw);
      const mix = mixer.mixes ? mixer.plan(draw.epoch, images)[draw.position] : undefined;
      if (!mix || mix.share === 1) return done;
      pair.set(target);
      drawInto(pair.subarray(bytes), mix.partner, draw);
      mixer.apply(pair, scratch, [
        { ...mix, partner: 1 },
        { operation: -1, partner: 1, share: 1, box: null },
      ]);
      target.set(pair.subarray(0, bytes));
      return [...done, { operation: mix.operation, value: 1 - mix.share }];
    });
    return { pixels, drawn };
  } finally {
    source.close();
  }
}
