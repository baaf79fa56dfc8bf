import { describe, expect, it } from 'vitest';
import { fedBy, usualTop } from '#shared/backbone-model.ts';
import type { BackboneNode } from '#shared/contract/index.ts';

const node = (name: string, inputs: string[], parameters = 0, gradient = true): BackboneNode => ({
  ...{ name, inputs, parameters, gradient, op: 'Conv', shape: [4, 2, 2] },
  ...{ kernel: null, depthwise: false },
});

/** Two ways beside each other behind a stem, joined, and a top; a classifier behind the cut. */
const branches = [
  node('stem', [], 50),
  node('active', ['stem']),
  node('left', ['active'], 10),
  node('right', ['active'], 20),
  node('sum', ['left', 'right']),
  node('top', ['sum'], 20),
  node('classes', ['top'], 1000),
];

describe('the usual top of a network', () => {
  it('is what feeds the most of the weights that may learn, ways beside each other included', () => {
    expect(fedBy(branches, 'left').map(({ name }) => name)).toEqual([
      'left',
      'sum',
      'top',
      'classes',
    ]);
    expect(usualTop(branches, 'top')).toBe('active');
    const heavy = branches.map((each) =>
      each.name === 'right' ? { ...each, parameters: 200 } : each,
    );
    expect(usualTop(heavy, 'top')).toBe('left');
  });

  it('lies above what has no gradient', () => {
    const rounded = branches.map((each) =>
      each.name === 'sum' ? { ...each, gradient: false } : each,
    );
    expect(usualTop(rounded, 'top')).toBe('top');
    expect(
      usualTop(
        branches.map((each) => ({ ...each, gradient: false })),
        'top',
      ),
    ).toBe('top');
  });
});
