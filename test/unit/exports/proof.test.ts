import { describe, expect, it } from 'vitest';
import { compareContents } from '#core/engine/export/contents.ts';
import { compare } from '#core/exports/proof.ts';
import { slug } from '#core/util/slug.ts';

const answers = (...rows: number[][]) => ({
  images: rows.length,
  classes: rows[0]?.length ?? 0,
  data: Float32Array.from(rows.flat()),
});

describe('compare', () => {
  const app = answers([0.9, 0.1], [0.4, 0.6]);

  it('passes equal answers, and differences of rounding', () => {
    expect(compare(app, answers([0.9, 0.1], [0.4, 0.6]))).toEqual({
      kind: 'answers',
      images: 2,
      agreement: 1,
      maxDifference: 0,
      accuracy: null,
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

  it('passes what the format allows, and counts right answers', () => {
    const other = answers([0.9, 0.1], [0.51, 0.49]);
    const tolerance = { agreement: 0.5, difference: 0.2 };
    expect(compare(app, other, tolerance, Int32Array.of(0, 1))).toMatchObject({
      passed: true,
      accuracy: { app: 1, file: 0.5 },
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

describe('compareContents', () => {
  const tensor = (...data: number[]) => ({ shape: [data.length], data: Float32Array.from(data) });
  const expected = new Map([
    ['a', tensor(1, 2)],
    ['b', tensor(3)],
  ]);

  it('counts equal tensors and says how far numbers are apart', () => {
    expect(compareContents(expected, new Map(expected))).toEqual({ tensors: 2, maxDifference: 0 });
    const off = new Map([...expected, ['b', tensor(3.5)]] as const);
    expect(compareContents(expected, off)).toEqual({ tensors: 2, maxDifference: 0.5 });
  });

  it('takes what is missing, of another shape or no number for a difference of 1', () => {
    const without = new Map([['a', tensor(1, 2)]]);
    expect(compareContents(expected, without)).toEqual({ tensors: 1, maxDifference: 1 });
    const short = new Map([...expected, ['b', tensor(3, 4)]] as const);
    expect(compareContents(expected, short)).toEqual({ tensors: 1, maxDifference: 1 });
    const broken = new Map([...expected, ['a', tensor(1, NaN)]] as const);
    expect(compareContents(expected, broken).maxDifference).toBe(1);
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
