/**
 * Every operator with a gradient, over random shapes and settings and with every lowering, against
 * differences, and against TensorFlow.js where it has the operator.
 */
import { describe, expect, it } from 'vitest';
import { opNames } from '#core/engine/graph/op-names.ts';
import { ops } from '#core/engine/ops/index.ts';
import { elementwise } from './operators/elementwise.ts';
import { layout } from './operators/layout.ts';
import { products } from './operators/products.ts';
import type { Properties } from './operators/property.ts';
import { reductions } from './operators/reductions.ts';
import { windows } from './operators/windows.ts';

const properties: Properties = {
  ...elementwise,
  ...layout,
  ...reductions,
  ...products,
  ...windows,
};

describe('gradient of', () => {
  it.each(Object.entries(properties))('%s', async (_op, property) => {
    await property.check();
  });
});

it('tries every operator that has a gradient, and no other', () => {
  const differentiable = opNames.filter((op) => ops[op].gradient !== null);
  expect(Object.keys(properties).sort()).toEqual([...differentiable].sort());
});
