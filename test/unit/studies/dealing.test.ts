import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { nearDuplicateGroups } from '#core/library/near-duplicates.ts';
import { dealFolds } from '#core/studies/folds.ts';
import { nestedOrder } from '#core/studies/subsets.ts';
import { squares } from '../../helpers/idx.ts';

const labels = fc.array(fc.nat(4), { minLength: 10, maxLength: 200 });
const tally = (values: Iterable<number>): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};

describe('the order of growing training sets', () => {
  it('holds every image once, and each class has its share at every size', () => {
    fc.assert(
      fc.property(labels, fc.nat(1000), (classes, seed) => {
        const order = [...nestedOrder(classes, seed)];
        expect(order.toSorted((a, b) => a - b)).toEqual(classes.map((_, index) => index));
        const sizes = tally(classes);
        for (let size = 1; size <= order.length; size++) {
          const counts = tally(order.slice(0, size).map((position) => classes[position]!));
          for (const [index, all] of sizes) {
            const share = (all * size) / classes.length;
            // Each class is within one of a systematic sample; their sum is exact.
            expect(Math.abs((counts.get(index) ?? 0) - share)).toBeLessThan(2);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is the same for the same seed, and another for another', () => {
    const classes = Array.from({ length: 50 }, (_, index) => index % 3);
    expect(nestedOrder(classes, 1)).toEqual(nestedOrder(classes, 1));
    expect(nestedOrder(classes, 2)).not.toEqual(nestedOrder(classes, 1));
  });
});

describe('folds', () => {
  it('keep groups whole and spread classes evenly', () => {
    fc.assert(
      fc.property(labels, fc.integer({ min: 2, max: 5 }), fc.nat(1000), (classes, folds, seed) => {
        // Every fifth image comes with its neighbour.
        const groups = classes.map((_, index) => (index % 5 === 1 ? index - 1 : index));
        const dealt = dealFolds(classes, groups, folds, seed);
        groups.forEach((group, index) => expect(dealt[index]).toBe(dealt[group]));
        for (const [index, all] of tally(classes)) {
          const counts = tally([...dealt].filter((_, position) => classes[position] === index));
          for (let fold = 0; fold < folds; fold++) {
            expect(Math.abs((counts.get(fold) ?? 0) - all / folds)).toBeLessThanOrEqual(3);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('without groups are stratified to within one image', () => {
    const classes = Array.from({ length: 103 }, (_, index) => index % 4);
    const dealt = dealFolds(
      classes,
      classes.map((_, index) => index),
      5,
      3,
    );
    for (let index = 0; index < 4; index++) {
      const counts = [...tally([...dealt].filter((_, at) => classes[at] === index)).values()];
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
    const totals = [...tally(dealt).values()];
    expect(Math.max(...totals) - Math.min(...totals)).toBeLessThanOrEqual(1);
  });
});

describe('near-duplicates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-near-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are the same picture brightened, with noise, or shifted in tone; others are not', async () => {
    const side = 28;
    const bytes = side * side;
    const originals = squares(12, 4, 5);
    const brighter = originals.map((value) => Math.min(255, value * 0.8 + 30));
    let state = 3;
    const noisy = originals.map((value) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.max(0, Math.min(255, value + (state >>> 29) - 4));
    });
    const file = join(folder, 'rows.bin');
    writeFileSync(file, Buffer.concat([originals, brighter, noisy]));
    const groups = await nearDuplicateGroups({
      file,
      slots: Uint32Array.from({ length: 36 }, (_, row) => row),
      height: side,
      width: side,
      channels: 1,
    });
    expect(new Set(groups.slice(0, 12)).size).toBe(12);
    for (let row = 0; row < 12; row++) {
      expect(groups[row + 12], `brighter ${row}`).toBe(groups[row]);
      expect(groups[row + 24], `noisy ${row}`).toBe(groups[row]);
    }
    expect(originals.length).toBe(12 * bytes);
  });
});
