import { describe, expect, it } from 'vitest';
import { groupSimilar } from '#core/engine/inspect/group-similar.ts';

const vectors = (...rows: number[][]) => Float32Array.from(rows.flat());

describe('groups of filters', () => {
  it('hold what points the same way, whatever its length', () => {
    const values = vectors([1, 0, 0], [0, 1, 0], [5, 0.1, 0], [0, 3, 0.2], [0, 0, 1]);
    const groups = groupSimilar(values, 3).map((group) => group.toSorted((a, b) => a - b));
    expect(groups.toSorted((a, b) => a[0]! - b[0]!)).toEqual([[0, 2], [1, 3], [4]]);
  });

  it('keep opposite directions apart', () => {
    expect(groupSimilar(vectors([1, 2], [-1, -2]), 2)).toHaveLength(2);
  });

  it('take filters of zeros and single ones', () => {
    expect(groupSimilar(vectors([0, 0], [0, 0], [1, 1]), 2).flat()).toHaveLength(3);
    expect(groupSimilar(vectors([1, 1]), 2)).toEqual([[0]]);
  });

  it('leave more alike ones nearer in the order of all', () => {
    const values = vectors([1, 0], [0, 1], [1, 0.1], [0.1, 1], [1, 0.2]);
    const order = groupSimilar(values, 2).flat();
    const place = (index: number) => order.indexOf(index);
    expect(Math.abs(place(0) - place(2))).toBe(1);
    expect(Math.abs(place(1) - place(3))).toBe(1);
  });
});
