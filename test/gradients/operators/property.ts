/** How an operator's gradient is tried: on random settings, with every lowering that computes it. */
import fc from 'fast-check';
import type { OpName } from '#core/engine/graph/op-names.ts';
import type { TensorData } from '#core/engine/graph/types.ts';
import type { Lowerings } from '#core/engine/ops/lowerings.ts';
import { checkGradient, randomTensor, type GradientCase } from '../harness.ts';

export interface Property {
  /** Throws with the smallest settings on which the gradient is wrong. */
  check(): Promise<void>;
}

export type Properties = Partial<Record<OpName, Property>>;

interface PropertyOptions {
  /** Forced one after the other on each case. */
  lowerings?: Record<string, Partial<Lowerings>>;
  runs?: number;
}

export function property<T>(
  settings: fc.Arbitrary<T>,
  caseOf: (settings: T) => GradientCase,
  { lowerings, runs = 20 }: PropertyOptions = {},
): Property {
  return {
    check: () =>
      fc.assert(
        fc.asyncProperty(settings, (each) => checkGradient(caseOf(each), lowerings)),
        { numRuns: runs, seed: 3 },
      ),
  };
}

export const small = (most: number, least = 1) => fc.integer({ min: least, max: most });
export const pair = (most: number, least = 1) => fc.tuple(small(most, least), small(most, least));
export const seed = fc.nat(1000);

export function shape(least: number, most: number, size = 4): fc.Arbitrary<number[]> {
  return fc.array(small(size), { minLength: least, maxLength: most });
}

/** A polynomial in each single number, up to the fourth degree: differences are exact for any step. */
export const polynomial = { step: 0.25, tolerance: 1e-5 };
/** Straight pieces, for numbers that are 0.2 or more from where they meet. */
export const straight = { step: 2 ** -4, tolerance: 1e-5 };

/** Leaves out some of a shape's first axes and makes some others 1: it still broadcasts to the whole. */
export interface Mask {
  ones: boolean[];
  dropped: number;
}

export const mask: fc.Arbitrary<Mask> = fc.record({
  ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  dropped: small(2, 0),
});

export function masked(dims: readonly number[], { ones, dropped }: Mask): number[] {
  return dims.map((size, axis) => (ones[axis] ? 1 : size)).slice(Math.min(dropped, dims.length));
}

export function truths(dims: readonly number[], seed: number): TensorData {
  const numbers = randomTensor(dims, { seed }).data as Float32Array;
  return { dtype: 'bool', dims, data: Uint8Array.from(numbers, (value) => Number(value > 0)) };
}
