import { describe, expect, it } from 'vitest';
import { compare } from '#core/exports/proof.ts';
import { slug } from '#core/exports/export.ts';

const answers = (...rows: number[][]) => ({
  images: rows.length,
  classes: rows[0]?.length ?? 0,
  data: Float32Array.from(rows.flat()),
});

describe('compare', () => {
  const app = answers([0.9, 0.1], [0.4, 0.6]);

  it('passes equal answers, and differences of rounding', () => {
    expect(compare(app, answers([0.9, 0.1], [0.4, 0.6]))).toEqual({
      images: 2,
      agreement: 1,
      maxDifference: 0,
      passed: true,
    });
    expect(compare(app, answers([0.90005, 0.09995], [0.4, 0.6])).passed).toBe(true);
  });

  it('does not pass another top class, or a difference too large', () => {
    const other = compare(app, answers([0.9, 0.1], [0.51, 0.49]));
    expect(other).toMatchObject({ agreement: 0.5, passed: false });
    expect(compare(app, answers([0.8, 0.2], [0.4, 0.6]))).toMatchObject({
      agreement: 1,
      passed: false,
    });
  });

  it('does not pass missing or non-numeric answers, or no images', () => {
    expect(compare(app, answers([0.9, 0.1])).passed).toBe(false);
    expect(compare(app, answers([NaN, NaN], [0.4, 0.6]))).toMatchObject({
      maxDifference: 1,
      passed: false,
    });
    expect(compare(answers(), answers()).passed).toBe(false);
  });
});

describe('slug', () => {
  it.each([
    ['Fashion-MNIST sample', 'fashion-mnist-sample'],
    ['Herbst-Blätter 2', 'herbst-blatter-2'],
    ['../..', 'model'],
    ['猫と犬', 'model'],
  ])('%s → %s', (name, expected) => expect(slug(name)).toBe(expected));
});
