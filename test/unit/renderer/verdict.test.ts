import { describe, expect, it } from 'vitest';
import { judge } from '#shared/verdict.ts';
import type { EpochMetrics } from '#shared/contract/index.ts';

const classes = Array.from({ length: 10 }, (_, index) => `class ${index}`);
const epoch = (number: number, accuracy: number, valAccuracy: number | null): EpochMetrics => ({
  epoch: number,
  loss: 1 - accuracy,
  accuracy,
  valLoss: valAccuracy === null ? null : 1 - valAccuracy,
  valAccuracy,
  learningRate: 1e-3,
  imagesPerSecond: 1000,
  seconds: 1,
});
const verdict = (pairs: [number, number | null][], bestEpoch: number | null = null) => {
  const epochs = pairs.map(([accuracy, validation], i) => epoch(i + 1, accuracy, validation));
  const found = judge({ epochs, classes, bestEpoch, validationImages: 400 });
  return found && { ...found, text: found.text.replaceAll('\u202f', ' ') };
};

describe('the verdict on a run', () => {
  it('waits for the first epoch', () => expect(verdict([])).toBeNull());

  it('names the gap', () => {
    expect(verdict([[0.99, 0.7]])).toMatchObject({
      tone: 'warning',
      text: expect.stringContaining(
        'Memorising: 99 % on training, 70 % ±4.5 points on new images',
      ) as string,
    });
  });

  it('tells guessing from learning', () => {
    expect(verdict([[0.1, 0.1]])?.text).toContain('No better than guessing');
    expect(
      verdict([
        [0.4, 0.38],
        [0.5, 0.45],
        [0.6, 0.55],
      ])?.text,
    ).toContain('Still learning');
  });

  it('points back to the best epoch', () => {
    const curve: [number, number][] = [
      [0.7, 0.8],
      [0.8, 0.79],
      [0.81, 0.79],
      [0.82, 0.785],
    ];
    expect(verdict(curve, 1)?.text).toContain('Best at epoch 1 with 80.0 %');
  });

  it('says when new images were never looked at, and when training fell apart', () => {
    expect(verdict([[0.9, null]])?.text).toContain('Without validation images');
    const broken = { ...epoch(1, 0.1, 0.1), loss: Number.NaN };
    expect(
      judge({ epochs: [broken], classes, bestEpoch: null, validationImages: 9 })?.text,
    ).toContain('fell apart');
  });
});
