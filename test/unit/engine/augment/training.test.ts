import { describe, expect, it } from 'vitest';
import { augmentationSpec, type AugmentationInput } from '#shared/augmentation.ts';
import { findAugmentation } from '#shared/augmentations/presets.ts';
import { drawImages } from '#core/engine/data/augment/draw-images.ts';
import { inOrder, openLoader } from '#core/engine/data/loader.ts';
import type { TensorSet } from '#core/engine/protocol.ts';
import { Random } from '#core/engine/random.ts';
import { noise } from './helpers.ts';

const size = { height: 14, width: 12, channels: 3 };
const bytes = 14 * 12 * 3;
const count = 23;

const set: TensorSet = {
  ...size,
  source: { kind: 'inline', data: noise({ ...size, height: 14 * count }) },
  slots: inOrder(count),
  labels: new Int32Array(count),
  images: Uint32Array.from({ length: count }, (_, position) => 1000 + 7 * position),
};
const spec = augmentationSpec.parse({
  name: 'test',
  operations: [
    ...findAugmentation('few-labels')!.spec.operations,
    { type: 'elastic', range: [0, 0.1] },
    { type: 'auto' },
    { type: 'noise', range: [0, 10] },
  ],
} satisfies AugmentationInput);

/** Every image of an epoch as it reaches the device, by its position in the set. */
async function epochOf(epoch: number, options: { threads: number; batch: number; seed?: number }) {
  const loader = await openLoader(set, {
    ...options,
    augment: { spec, seed: options.seed ?? 3, classes: 1 },
  });
  const order = new Random(3, 'shuffle', epoch).permutation(count);
  const images: Uint8Array[] = [];
  let done = 0;
  for await (const { pixels, size: batch } of loader.batches({ epoch, order })) {
    for (let row = 0; row < batch; row++) {
      images[order[done++]!] = pixels.slice(row * bytes, (row + 1) * bytes);
    }
  }
  await loader.close();
  return images;
}

describe('training images', () => {
  it('are the very images of a preview', async () => {
    for (const epoch of [1, 2, 9]) {
      const trained = await epochOf(epoch, { threads: 0, batch: 5 });
      const draws = [3, 0, 22].map((position) => ({ position, epoch }));
      const { pixels } = await drawImages({ set, spec, seed: 3, draws });
      for (const [index, { position }] of draws.entries()) {
        expect(pixels.slice(index * bytes, (index + 1) * bytes)).toEqual(trained[position]);
      }
    }
  });

  it('do not depend on threads or batches, but on seed and epoch', async () => {
    const reference = await epochOf(2, { threads: 0, batch: 5 });
    expect(await epochOf(2, { threads: 0, batch: 23 })).toEqual(reference);
    expect(await epochOf(2, { threads: 2, batch: 4 })).toEqual(reference);
    expect(await epochOf(3, { threads: 0, batch: 5 })).not.toEqual(reference);
    expect(await epochOf(2, { threads: 0, batch: 5, seed: 4 })).not.toEqual(reference);
  });

  it('that are blended have shares of both labels, by what is seen', async () => {
    // Each image is of one lightness, the one of its class.
    const levels = [10, 110, 210];
    const labels = Int32Array.from({ length: count }, (_, position) => position % 3);
    const data = Uint8Array.from(
      { length: count * bytes },
      (_, at) => levels[Math.floor(at / bytes) % 3]!,
    );
    const flat: TensorSet = { ...set, labels, source: { kind: 'inline', data } };
    for (const type of ['mixup', 'cutmix'] as const) {
      const mixing = augmentationSpec.parse({ name: 'mix', operations: [{ type, alpha: 1 }] });
      for (const threads of [0, 1]) {
        const augment = { spec: mixing, seed: 3, classes: 3 };
        const loader = await openLoader(flat, { threads, batch: 8, augment });
        let blended = 0;
        for await (const batch of loader.batches({ epoch: 2, order: inOrder(count) })) {
          for (let row = 0; row < batch.size; row++) {
            const shares = [...batch.labels.slice(row * 3, row * 3 + 3)];
            const seen = batch.pixels.subarray(row * bytes, (row + 1) * bytes);
            const lightness = seen.reduce((sum, value) => sum + value, 0) / bytes;
            const expected = levels.reduce((sum, level, at) => sum + level * shares[at]!, 0);
            expect(Math.abs(lightness - expected)).toBeLessThan(0.6);
            expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
            if (Math.max(...shares) < 1) blended++;
          }
        }
        await loader.close();
        expect(blended).toBeGreaterThan(count / 2);
      }
    }
  });

  it('go by the image’s id, not by its place in the set', async () => {
    const last = {
      ...set,
      slots: Uint32Array.of(22),
      labels: new Int32Array(1),
      images: set.images!.slice(22),
    };
    const draw = { epoch: 4 };
    const alone = await drawImages({ set: last, spec, seed: 3, draws: [{ ...draw, position: 0 }] });
    const among = await drawImages({ set, spec, seed: 3, draws: [{ ...draw, position: 22 }] });
    expect(alone).toEqual(among);
  });

  it('tell what happened to them', async () => {
    const { drawn } = await drawImages({
      set,
      spec: findAugmentation('fashion-small-aug')!.spec,
      seed: 1,
      draws: Array.from({ length: 40 }, (_, at) => ({ position: 1, epoch: at + 1 })),
    });
    expect(drawn.every((done) => done.some(({ operation }) => operation === 1))).toBe(true);
    const flipped = drawn.filter((done) => done.some(({ operation }) => operation === 0));
    expect(flipped.length).toBeGreaterThan(8);
    expect(flipped.length).toBeLessThan(32);
    expect(drawn.flat().every(({ value }) => Number.isInteger(value) && Math.abs(value) <= 3)).toBe(
      true,
    );
  });
});
