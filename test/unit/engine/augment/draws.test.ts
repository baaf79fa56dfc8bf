import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { augmentationSpec } from '#shared/augmentation.ts';
import { augmentationPresets } from '#shared/augmentations/presets.ts';
import { Augmenter } from '#core/engine/data/augment/augmenter.ts';
import { drawBox } from '#core/engine/data/augment/erase.ts';
import { beta, Mixer } from '#core/engine/data/augment/mix.ts';
import { Random } from '#core/engine/random.ts';
import { augmented, noise, type OperationInput } from './helpers.ts';

const size = { height: 12, width: 10, channels: 3 };
const image = noise(size);

const neutral: OperationInput[] = [
  { type: 'rotate', range: [0, 0] },
  { type: 'shift-x', range: [0, 0] },
  { type: 'shift-y', range: [0, 0], unit: 'pixels' },
  { type: 'shear-x', range: [0, 0] },
  { type: 'shear-y', range: [0, 0] },
  { type: 'zoom', range: [1, 1], aspect: 'free' },
  { type: 'crop', range: [1, 1], ratio: [1, 1] },
  { type: 'perspective', range: [0, 0] },
  { type: 'elastic', range: [0, 0] },
  { type: 'brightness', range: [1, 1] },
  { type: 'contrast', range: [1, 1] },
  { type: 'saturation', range: [1, 1] },
  { type: 'hue', range: [0, 0] },
  { type: 'channel-shift', range: [0, 0] },
  { type: 'blur', range: [0, 0] },
  { type: 'noise', range: [0, 0] },
];

const strong: OperationInput[] = [
  { type: 'flip-horizontal', probability: 0.5 },
  { type: 'flip-vertical', probability: 0.5 },
  { type: 'rotate', range: [-30, 30] },
  { type: 'shift-x', range: [-0.2, 0.2] },
  { type: 'zoom', range: [0.7, 1.3], aspect: 'free' },
  { type: 'crop', range: [0.5, 1] },
  { type: 'perspective', range: [0, 0.3] },
  { type: 'elastic', range: [0, 0.1] },
  { type: 'contrast', range: [0.5, 1.5] },
  { type: 'hue', range: [-30, 30] },
  { type: 'channel-shift', range: [-30, 30] },
  { type: 'auto', magnitude: 10, count: 3 },
  { type: 'blur', range: [0, 1] },
  { type: 'noise', range: [0, 20] },
  { type: 'erase', range: [0.05, 0.3], fill: 'noise' },
];

describe('identity', () => {
  it.each(neutral)('$type at zero strength', (operation) => {
    const square = { height: 11, width: 11, channels: 3 };
    const pixels = noise(square);
    expect(augmented(pixels, square, [operation])).toEqual(pixels);
  });

  it.each([1, 3])('all of them together, %i channels', (channels) => {
    const square = { height: 10, width: 10, channels };
    const pixels = noise(square);
    expect(augmented(pixels, square, neutral)).toEqual(pixels);
    expect(augmented(pixels, square, [])).toEqual(pixels);
  });

  it('what is off, or never happens, is not done', () => {
    const off = strong.map((operation) => ({ ...operation, on: false }));
    const never = strong.map((operation) => ({ ...operation, probability: 0 }));
    expect(augmented(image, size, off)).toEqual(image);
    expect(augmented(image, size, never)).toEqual(image);
  });
});

describe('a draw', () => {
  const spec = augmentationSpec.parse({ name: 'test', operations: strong });

  it('depends on seed, epoch and image alone, whatever was drawn before', () => {
    const used = new Augmenter(spec, size, 3);
    const place = fc.record({
      epoch: fc.integer({ min: 1, max: 1000 }),
      image: fc.integer({ min: 1, max: 100_000 }),
    });
    fc.assert(
      fc.property(place, (place) => {
        const [one, two] = [new Uint8Array(image.length), new Uint8Array(image.length)];
        used.apply(image, one, place);
        const drawn = used.drawn;
        const fresh = new Augmenter(spec, size, 3);
        fresh.apply(image, two, place);
        expect(one).toEqual(two);
        expect(drawn).toEqual(fresh.drawn);
      }),
    );
  });

  it('differs from epoch to epoch, image to image and seed to seed', () => {
    const all = [
      { seed: 1, place: { epoch: 1, image: 1 } },
      { seed: 1, place: { epoch: 2, image: 1 } },
      { seed: 1, place: { epoch: 1, image: 2 } },
      { seed: 2, place: { epoch: 1, image: 1 } },
    ].map((changes) => augmented(image, size, strong, changes).join());
    expect(new Set(all).size).toBe(4);
  });

  it('of one operation does not change with the others', () => {
    const valueOf = (operations: OperationInput[]) => {
      const augmenter = new Augmenter(augmentationSpec.parse({ name: 'x', operations }), size, 1);
      augmenter.apply(image, new Uint8Array(image.length), { epoch: 5, image: 7 });
      const index = operations.findIndex(({ type }) => type === 'rotate');
      return augmenter.drawn.find(({ operation }) => operation === index)?.value;
    };
    const rotate: OperationInput = { type: 'rotate', range: [-30, 30] };
    const alone = valueOf([rotate]);
    expect(valueOf([...strong.slice(0, 2), rotate])).toBe(alone);
    expect(valueOf(strong)).toBe(alone);
    // A wider range goes further the same way.
    expect(valueOf([{ type: 'rotate', range: [-60, 60] }])).toBeCloseTo(2 * alone!);
  });

  it('of the same operation twice is not the same twice', () => {
    const twice: OperationInput[] = [
      { type: 'brightness', range: [0.5, 1.5] },
      { type: 'brightness', range: [0.5, 1.5] },
    ];
    const augmenter = new Augmenter(
      augmentationSpec.parse({ name: 'x', operations: twice }),
      size,
      1,
    );
    augmenter.apply(image, new Uint8Array(image.length), { epoch: 1, image: 1 });
    const [first, second] = augmenter.drawn;
    expect(first?.value).not.toBe(second?.value);
  });

  it('can be forced along its range', () => {
    const at = (strength: number) => {
      const augmenter = new Augmenter(
        augmentationSpec.parse({
          name: 'x',
          operations: [{ type: 'rotate', range: [-10, 20], probability: 0.01 }],
        }),
        size,
        1,
      );
      augmenter.apply(image, new Uint8Array(image.length), { epoch: 1, image: 1, strength });
      return augmenter.drawn[0]?.value;
    };
    expect([at(0), at(0.5), at(1)]).toEqual([-10, 5, 20]);
  });

  it.each(augmentationPresets)(
    'of preset $id keeps within the image, and changes it',
    ({ spec }) => {
      for (const channels of [1, 3]) {
        const shape = { height: 16, width: 16, channels };
        const [source, target] = [noise(shape), new Uint8Array(256 * channels)];
        const untouched = source.slice();
        const augmenter = new Augmenter(spec, shape, 1);
        let changed = 0;
        for (let epoch = 1; epoch <= 20; epoch++) {
          augmenter.apply(source, target, { epoch, image: 1 });
          if (target.some((level, at) => level !== source[at])) changed++;
        }
        expect(source).toEqual(untouched);
        expect(changed).toBeGreaterThan(5);
      }
    },
  );
});

/** Values drawn for one operation over many images; null where it did not happen. */
function valuesOf(operation: OperationInput, count: number): (number | null)[] {
  const tiny = { height: 4, width: 4, channels: 3 };
  const spec = augmentationSpec.parse({ name: 'x', operations: [operation] });
  const augmenter = new Augmenter(spec, tiny, 5);
  const target = new Uint8Array(48);
  const source = noise(tiny);
  return Array.from({ length: count }, (_, index) => {
    augmenter.apply(source, target, { epoch: 1 + (index % 50), image: 1 + Math.floor(index / 50) });
    return augmenter.drawn[0]?.value ?? null;
  });
}

describe('over many draws', () => {
  const count = 4000;

  it.each([0.1, 0.5, 0.9])('an operation of probability %f happens as often', (probability) => {
    const values = valuesOf({ type: 'flip-horizontal', probability }, count);
    const share = values.filter((value) => value !== null).length / count;
    expect(Math.abs(share - probability)).toBeLessThan(4 * Math.sqrt(0.25 / count));
  });

  it('a range is used evenly, to its ends', () => {
    const values = valuesOf({ type: 'rotate', range: [-10, 30] }, count) as number[];
    const bins = new Array<number>(10).fill(0);
    for (const value of values) bins[Math.floor((value + 10) / 4)]! += 1;
    for (const bin of bins) expect(Math.abs(bin - 400)).toBeLessThan(4 * Math.sqrt(400));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-10);
    expect(Math.max(...values)).toBeLessThan(30);
  });

  it('shifts in pixels are whole, both ends included, alike often', () => {
    const values = valuesOf({ type: 'shift-y', range: [-3, 3], unit: 'pixels' }, count);
    const counts = [-3, -2, -1, 0, 1, 2, 3].map(
      (shift) => values.filter((value) => value === shift).length,
    );
    expect(counts.reduce((sum, one) => sum + one)).toBe(count);
    for (const one of counts)
      expect(Math.abs(one - count / 7)).toBeLessThan(4 * Math.sqrt(count / 7));
  });

  it('noise has the deviation asked for, around zero', () => {
    const shape = { height: 100, width: 100, channels: 1 };
    const grey = new Uint8Array(10_000).fill(128);
    const noisy = augmented(grey, shape, [{ type: 'noise', range: [12, 12] }]);
    const off = Array.from(noisy, (level) => level - 128);
    const mean = off.reduce((sum, value) => sum + value) / off.length;
    const deviation = Math.sqrt(off.reduce((sum, value) => sum + value ** 2) / off.length);
    const beyond = off.filter((value) => Math.abs(value) > 24.5).length / off.length;
    expect(Math.abs(mean)).toBeLessThan(0.5);
    expect(deviation).toBeCloseTo(12, 0);
    // Gaussian tails: 4.1 % lie beyond 2.04 deviations.
    expect(beyond).toBeGreaterThan(0.033);
    expect(beyond).toBeLessThan(0.05);
  });

  it('erased boxes have the area and shape asked for, and lie inside', () => {
    const shape = { height: 60, width: 80, channels: 1 };
    const random = new Random(1);
    for (let index = 0; index < 500; index++) {
      const { top, left, height, width } = drawBox(random, shape, 0.1, 1.5);
      expect((height * width) / 4800).toBeCloseTo(0.1, 1);
      expect(width / height).toBeCloseTo(1.5, 1);
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
      expect(top + height).toBeLessThanOrEqual(60);
      expect(left + width).toBeLessThanOrEqual(80);
    }
  });

  it('erasing paints the mean', () => {
    const grey = { height: 10, width: 10, channels: 1 };
    const half = new Uint8Array(100).fill(10, 50).fill(30, 0, 50);
    const erased = augmented(half, grey, [{ type: 'erase', range: [0.3, 0.3] }]);
    const painted = erased.filter((level) => level === 20).length;
    expect(painted).toBeGreaterThan(20);
    expect(erased.every((level) => [10, 20, 30].includes(level))).toBe(true);
  });

  it.each([0.2, 1, 4])('shares follow Beta(%f, the same)', (alpha) => {
    const random = new Random(2, 'beta');
    const shares = Array.from({ length: 20_000 }, () => beta(random, alpha));
    const mean = shares.reduce((sum, share) => sum + share) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeGreaterThan(0.95);
    expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeLessThan(1.05);
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
  });
});

describe('mixing a batch', () => {
  const tiny = { height: 8, width: 8, channels: 1 };
  const mixer = (operations: OperationInput[]) =>
    new Mixer(augmentationSpec.parse({ name: 'x', operations }), tiny, 1);
  const images = [11, 12, 13, 14, 15];
  const batch = () => Uint8Array.from({ length: 5 * 64 }, (_, at) => 50 * Math.floor(at / 64));

  it('blends pixels as the labels’ shares say', () => {
    const mixing = mixer([{ type: 'mixup', alpha: 1 }]);
    const plan = mixing.plan(3, images);
    const pixels = batch();
    mixing.apply(pixels, new Uint8Array(pixels.length), plan);
    for (const [place, { partner, share, box }] of plan.entries()) {
      expect(partner).not.toBe(place);
      expect(box).toBeNull();
      const expected = 50 * place * share + 50 * partner * (1 - share);
      expect(Math.abs(pixels[place * 64]! - expected)).toBeLessThan(0.51);
    }
  });

  it('pastes boxes whose area is the other label’s share', () => {
    const mixing = mixer([{ type: 'cutmix' }]);
    const plan = mixing.plan(3, images);
    const pixels = batch();
    mixing.apply(pixels, new Uint8Array(pixels.length), plan);
    for (const [place, { partner, share }] of plan.entries()) {
      const row = pixels.subarray(place * 64, (place + 1) * 64);
      expect(row.filter((level) => level === 50 * partner).length / 64).toBeCloseTo(1 - share, 9);
      expect(row.filter((level) => level === 50 * place).length / 64).toBeCloseTo(share, 9);
    }
  });

  it('is the same for the same batch, and leaves alone what has no partner', () => {
    const mixing = mixer([
      { type: 'mixup', probability: 0.5 },
      { type: 'cutmix', probability: 0.5 },
    ]);
    expect(mixing.plan(2, images)).toEqual(mixing.plan(2, images));
    expect(mixing.plan(2, images)).not.toEqual(mixing.plan(4, images));
    expect(mixing.plan(2, [11])).toEqual([{ operation: -1, partner: 0, share: 1, box: null }]);
    const untouched = mixing
      .plan(
        1,
        Array.from({ length: 400 }, (_, at) => at),
      )
      .filter(({ share }) => share === 1);
    expect(untouched.length / 400).toBeCloseTo(0.25, 1);
  });
});
