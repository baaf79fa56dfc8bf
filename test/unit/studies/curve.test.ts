import { describe, expect, it } from 'vitest';
import { Random } from '#core/engine/random.ts';
import { normal } from '#core/engine/initializers.ts';
import { studyCurves } from '#core/studies/curve.ts';
import { errorAt, fitPowerLaw } from '#core/studies/power-law.ts';
import type { StudyPart } from '#shared/contract/index.ts';

const sizes = [300, 600, 1800, 3000, 5900];
const truth = (size: number): number => 0.12 + 0.25 * (size / 1000) ** -0.5;

/** Measured trainings whose accuracy is `accuracy` and noise of seeds. */
function parts(
  accuracy: (size: number) => number,
  { seeds = 3, noise = 0, images = 10_000, seed = 1 } = {},
): StudyPart[] {
  const random = new Random(seed, 'curve-test');
  return sizes.flatMap((size) =>
    Array.from({ length: seeds }, (_, index) => ({
      arm: 'model' as const,
      size,
      seed: index + 1,
      fold: null,
      run: null,
      result: {
        images,
        accuracy: accuracy(size) + normal(noise)(random),
        balancedAccuracy: 0,
        loss: 0,
        seconds: 1,
      },
    })),
  );
}

describe('the power law', () => {
  it('is found again from points on it', () => {
    const law = fitPowerLaw(sizes.map((size) => ({ size, error: truth(size), noise: 0.001 })));
    for (const size of [...sizes, 11_800]) {
      expect(errorAt(law, size)).toBeCloseTo(truth(size), 2);
    }
  });

  it('never bends upwards: more labels do not hurt', () => {
    const law = fitPowerLaw([
      { size: 100, error: 0.1, noise: 0.01 },
      { size: 200, error: 0.2, noise: 0.01 },
      { size: 400, error: 0.3, noise: 0.01 },
    ]);
    expect(errorAt(law, 800)).toBeLessThanOrEqual(errorAt(law, 400));
  });
});

describe('a learning curve', () => {
  it('has a mean and a band for each size, wider with fewer test images', () => {
    const [curve] = studyCurves(parts((size) => 1 - truth(size), { noise: 0.01 }));
    expect(curve!.points.map(({ size }) => size)).toEqual(sizes);
    for (const { mean, interval, seeds, deviation } of curve!.points) {
      expect(seeds).toBe(3);
      expect(deviation).toBeGreaterThan(0);
      expect(interval[0]).toBeLessThan(mean);
      expect(interval[1]).toBeGreaterThan(mean);
    }
    const few = studyCurves(parts((size) => 1 - truth(size), { noise: 0.01, images: 100 }));
    const width = ([low, high]: readonly [number, number]) => high - low;
    expect(width(few[0]!.points[0]!.interval)).toBeGreaterThan(
      2 * width(curve!.points[0]!.interval),
    );
  });

  it('says nothing of more labels below three sizes', () => {
    const two = parts((size) => 1 - truth(size)).filter(({ size }) => size < 1000);
    expect(studyCurves(two)[0]).toMatchObject({ estimate: null, fitted: [] });
  });

  it('separates the arms, and leaves out what is not measured', () => {
    const all = parts((size) => 1 - truth(size));
    const dense = all.map((part) => ({ ...part, arm: 'dense' as const }));
    const curves = studyCurves([...all, ...dense, { ...all[0]!, size: 9000, result: null }]);
    expect(curves.map(({ arm }) => arm)).toEqual(['model', 'dense']);
    expect(curves[0]!.points).toHaveLength(sizes.length);
  });

  it('holds what twice the labels really bring about 19 times out of 20', () => {
    const rounds = 60;
    let gains = 0;
    let accuracies = 0;
    const gain = truth(5900) - truth(11_800);
    for (let round = 0; round < rounds; round++) {
      const random = new Random(round, 'test-images');
      // Test images that are all a little easier or harder than others.
      const luck = normal(Math.sqrt((0.8 * 0.2) / 1000))(random);
      const { estimate } = studyCurves(
        parts((size) => 1 - truth(size) + luck, { noise: 0.008, images: 1000, seed: round }),
      )[0]!;
      const [low, high] = estimate!.gainInterval;
      if (low <= gain && gain <= high) gains++;
      const at = 1 - truth(11_800);
      if (estimate!.interval[0] <= at && at <= estimate!.interval[1]) accuracies++;
    }
    expect(gains / rounds).toBeGreaterThan(0.85);
    expect(accuracies / rounds).toBeGreaterThan(0.85);
  });
});
