import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomSplit } from '#core/library/random-split.ts';

const images = fc
  .array(fc.option(fc.integer({ min: 1, max: 5 }), { nil: null }), { maxLength: 300 })
  .map((classes) => classes.map((classId, i) => ({ id: i + 1, classId })));
const shares = fc
  .tuple(fc.nat(10), fc.nat(10), fc.nat(10), fc.nat(3))
  .filter((parts) => parts.some((part) => part > 0))
  .map(([a, b, c, d]) => {
    const sum = a + b + c + d;
    return { train: a / sum, validation: b / sum, test: c / sum };
  });
const options = fc.record({ seed: fc.nat(), stratified: fc.boolean() });

describe('randomSplit', () => {
  it('deals every image out once, the whole within one image of the shares', () => {
    fc.assert(
      fc.property(images, shares, options, (given, wanted, how) => {
        const dealt = randomSplit(given, wanted, how);
        const all = [...dealt.train, ...dealt.validation, ...dealt.test, ...dealt.none];
        expect(all.sort((a, b) => a - b)).toEqual(given.map(({ id }) => id));
        for (const part of ['train', 'validation', 'test'] as const) {
          expect(Math.abs(dealt[part].length - given.length * wanted[part])).toBeLessThan(2);
        }
      }),
    );
  });

  it('stratified, keeps to the shares within each class', () => {
    fc.assert(
      fc.property(images, shares, fc.nat(), (given, wanted, seed) => {
        const dealt = randomSplit(given, wanted, { seed, stratified: true });
        const classOf = new Map(given.map(({ id, classId }) => [id, classId]));
        for (const classId of new Set(classOf.values())) {
          const size = given.filter((image) => image.classId === classId).length;
          for (const part of ['train', 'validation', 'test'] as const) {
            const got = dealt[part].filter((id) => classOf.get(id) === classId).length;
            expect(Math.abs(got - size * wanted[part])).toBeLessThan(3);
          }
        }
      }),
    );
  });

  it('is the same for the same seed, and another for another', () => {
    const given = Array.from({ length: 200 }, (_, i) => ({ id: i + 1, classId: (i % 4) + 1 }));
    const wanted = { train: 0.7, validation: 0.15, test: 0.15 };
    const deal = (seed: number): unknown => randomSplit(given, wanted, { seed, stratified: true });
    expect(deal(1)).toEqual(deal(1));
    expect(deal(1)).not.toEqual(deal(2));
    expect(randomSplit(given, wanted, { seed: 1, stratified: true }).test).toHaveLength(30);
  });

  it('does not starve the small splits of many tiny classes', () => {
    const given = Array.from({ length: 400 }, (_, i) => ({
      id: i + 1,
      classId: Math.floor(i / 2) + 1,
    }));
    const dealt = randomSplit(
      given,
      { train: 0.7, validation: 0.15, test: 0.15 },
      { seed: 1, stratified: true },
    );
    expect([
      dealt.train.length,
      dealt.validation.length,
      dealt.test.length,
      dealt.none.length,
    ]).toEqual([280, 60, 60, 0]);
  });

  it('answers for nothing', () => {
    expect(
      randomSplit([], { train: 1, validation: 0, test: 0 }, { seed: 1, stratified: true }).train,
    ).toEqual([]);
  });
});
