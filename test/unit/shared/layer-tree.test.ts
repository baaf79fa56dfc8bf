import { describe, expect, it } from 'vitest';
import { layerAt, splice } from '#shared/layer-tree.ts';
import type { LayerSpec } from '#shared/model-spec.ts';

const dropout = (rate: number): LayerSpec => ({ type: 'dropout', rate });
const layers: LayerSpec[] = [
  dropout(0),
  {
    type: 'residual',
    body: [dropout(0.1), { type: 'branches', merge: 'add', branches: [[], [dropout(0.2)]] }],
  },
];

describe('layers by their paths', () => {
  it('are found, also deep inside blocks', () => {
    expect(layerAt(layers, [0])).toEqual(dropout(0));
    expect(layerAt(layers, [1, 0, 1, 1, 0])).toEqual(dropout(0.2));
    for (const nowhere of [[], [2], [0, 0, 0], [1, 1, 0], [1, 2, 0], [1, 0, 1, 0, 0]]) {
      expect(layerAt(layers, nowhere)).toBeUndefined();
    }
  });

  it('are put in, taken out and replaced without a change to what was given', () => {
    const before = structuredClone(layers);
    const grown = splice(layers, [1, 0, 1, 0, 0], 0, [dropout(0.3)]);
    expect(layerAt(grown, [1, 0, 1, 0, 0])).toEqual(dropout(0.3));
    expect(splice(grown, [1, 0, 1, 0, 0], 1)).toEqual(layers);
    expect(layerAt(splice(layers, [1, 0, 0], 1, [dropout(0.4)]), [1, 0, 0])).toEqual(dropout(0.4));
    expect(splice(layers, [2], 0, [dropout(0.5)])).toEqual([...layers, dropout(0.5)]);
    expect(layers).toEqual(before);
  });

  it('make a shortcut with its first layer, and lose it with the last', () => {
    const made = splice(layers, [1, 1, 0], 0, [dropout(0.6)]);
    expect(made[1]).toMatchObject({ shortcut: [dropout(0.6)] });
    expect(splice(made, [1, 1, 0], 1)).toEqual(layers);
  });

  it('refuse a place that is not there', () => {
    for (const nowhere of [[3], [0, 0, 0], [1, 2, 0], [1, 0, 3]]) {
      expect(() => splice(layers, nowhere, 0, [dropout(0)])).toThrow(RangeError);
    }
    expect(() => splice(layers, [2], 1)).toThrow(RangeError);
  });
});
