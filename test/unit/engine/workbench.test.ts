import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { SlidePadding } from '#shared/contract/index.ts';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import type { SlideJob } from '#core/engine/workbench/job.ts';
import { runSlide } from '#core/engine/workbench/run.ts';

const backend = createBackend(chooseBackend('cpu', 1), 1);

interface Grid {
  shape: number[];
  values: number[];
}

function job(input: Grid, kernel: Grid, padding: SlidePadding, more: Partial<SlideJob> = {}) {
  return {
    input: { shape: input.shape, data: Float32Array.from(input.values) },
    operation: { type: 'convolve' as const, kernel, flip: true },
    strides: input.shape.map(() => 1),
    padding,
    ...more,
  };
}

const plain = ({ shape, data }: { shape: number[]; data: Float32Array }) => ({
  shape,
  values: [...data],
});
const row = (...values: number[]): Grid => ({ shape: [values.length], values });
const square = (edge: number, ...values: number[]): Grid => ({ shape: [edge, edge], values });

/** All cells of a grid as index lists, last axis fastest. */
function cells(shape: number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i])),
    [[]],
  );
}
const flat = (at: number[], shape: number[]) =>
  at.every((i, axis) => i >= 0 && i < shape[axis]!)
    ? at.reduce((sum, i, axis) => sum * shape[axis]! + i, 0)
    : null;

/** By the definition: (x * w)[n] = Σ x[n − m] w[m], over all n where anything overlaps. */
function fullConvolution(x: Grid, w: Grid): Grid {
  const shape = x.shape.map((size, axis) => size + w.shape[axis]! - 1);
  const values = cells(shape).map((n) =>
    cells(w.shape).reduce((sum, m, at) => {
      const from = flat(
        n.map((i, axis) => i - m[axis]!),
        x.shape,
      );
      return from === null ? sum : sum + x.values[from]! * w.values[at]!;
    }, 0),
  );
  return { shape, values };
}

describe('the convolution workbench', () => {
  it('gives the numbers of the textbook example in one dimension', async () => {
    const answer = async (padding: SlidePadding) =>
      plain((await runSlide(backend, job(row(2, 3, 2), row(-1, 2, -1), padding))).output).values;
    expect(await answer('full')).toEqual([-2, 1, 2, 1, -2]);
    expect(await answer('same')).toEqual([1, 2, 1]);
    expect(await answer('valid')).toEqual([2]);
  });

  it('gives the numbers of the textbook example in two dimensions', async () => {
    const image = square(3, 2, 2, 2, 2, 3, 2, 2, 2, 2);
    const laplacian = square(3, -1, -1, -1, -1, 8, -1, -1, -1, -1);
    const answer = async (padding: SlidePadding) =>
      plain((await runSlide(backend, job(image, laplacian, padding))).output);
    expect(await answer('valid')).toEqual({ shape: [1, 1], values: [8] });
    expect((await answer('same')).values).toEqual([9, 5, 9, 5, 8, 5, 9, 5, 9]);
  });

  it('is the convolution of mathematics in one, two and three dimensions', async () => {
    const integers = (length: number) =>
      fc.array(fc.integer({ min: -9, max: 9 }), { minLength: length, maxLength: length });
    const grids = fc.integer({ min: 1, max: 3 }).chain((axes) =>
      fc
        .tuple(
          fc.array(fc.integer({ min: 1, max: 5 }), { minLength: axes, maxLength: axes }),
          fc.array(fc.integer({ min: 1, max: 3 }), { minLength: axes, maxLength: axes }),
        )
        .chain(([x, w]) =>
          fc.record({
            x: integers(x.reduce((a, b) => a * b)).map((values) => ({ shape: x, values })),
            w: integers(w.reduce((a, b) => a * b)).map((values) => ({ shape: w, values })),
          }),
        ),
    );
    await fc.assert(
      fc.asyncProperty(grids, async ({ x, w }) => {
        const { output } = await runSlide(backend, job(x, w, 'full'));
        const expected = fullConvolution(x, w);
        // −0 and 0 are one number here.
        expect(plain(output)).toEqual({ ...expected, values: expected.values.map((v) => v + 0) });
      }),
      { numRuns: 40 },
    );
  });

  it('shows at each position the products whose sum is the answer', async () => {
    const image = { shape: [4, 5], values: Array.from({ length: 20 }, (_, at) => (at * 7) % 11) };
    const kernel = square(2, 1, 2, 3, 4);
    const found = await runSlide(
      backend,
      job(image, kernel, 'same', { steps: true, strides: [2, 1] }),
    );
    // ⌈4 / 2⌉ rows; the one column of padding comes last.
    expect(found.output.shape).toEqual([2, 5]);
    expect([found.before, found.after]).toEqual([
      [0, 0],
      [0, 1],
    ]);
    // A true convolution has the kernel turned around.
    expect([...found.kernel!.data]).toEqual([4, 3, 2, 1]);
    const { size, windows, products } = found.steps!;
    expect(size).toBe(4);
    // Rows 2 and 3 of the image at columns 2 and 3.
    const at = 1 * 5 + 2;
    const expected = [12, 13, 17, 18].map((index) => image.values[index]!);
    expect([...windows.subarray(at * size, (at + 1) * size)]).toEqual(expected);
    // The last column hangs over the edge.
    expect([...windows.subarray(4 * size, 5 * size)]).toEqual([
      image.values[4]!,
      0,
      image.values[9]!,
      0,
    ]);
    for (const [position, value] of found.output.data.entries()) {
      const parts = products!.subarray(position * size, (position + 1) * size);
      expect(parts.reduce((sum, part) => sum + part)).toBe(value);
    }
  });

  it('leaves the kernel as it is in a cross-correlation', async () => {
    const input = job(row(1, 0, 0), row(1, 2, 3), 'full');
    expect(plain((await runSlide(backend, input)).output).values).toEqual([1, 2, 3, 0, 0]);
    const operation = { ...input.operation, flip: false };
    const { output } = await runSlide(backend, { ...input, operation });
    expect([...output.data]).toEqual([3, 2, 1, 0, 0]);
  });

  it('pools, and says what a small move changes', async () => {
    const pool = (kind: 'max' | 'average', move: number[]) =>
      runSlide(backend, {
        input: { shape: [4], data: Float32Array.of(0.5, 4, 1, 2) },
        operation: { type: 'pool', kind, window: [3] },
        strides: [1],
        padding: 'same',
        steps: true,
        move,
      });
    const max = await pool('max', [1]);
    expect([...max.output.data]).toEqual([4, 4, 4, 2]);
    expect([...max.moved!.input.data]).toEqual([0, 0.5, 4, 1]);
    expect([...max.moved!.output.data]).toEqual([0.5, 4, 4, 4]);
    expect(max.steps!.products).toBeNull();
    const mean = await pool('average', [-1]);
    // Padding is not counted: the first mean is of two numbers.
    expect([...mean.output.data]).toEqual([2.25, Math.fround(5.5 / 3), Math.fround(7 / 3), 1.5]);
    expect([...mean.moved!.input.data]).toEqual([4, 1, 2, 0]);
  });

  it('makes a picture of the numbers in the way that was asked for', async () => {
    const picture = async (show: SlideJob['show']) => {
      const found = await runSlide(
        backend,
        job(square(2, 10, 300, -50, 0), square(1, 1), 'valid', { show }),
      );
      expect([found.picture!.least, found.picture!.most]).toEqual([-50, 300]);
      return [...found.picture!.pixels];
    };
    expect(await picture('clip')).toEqual([10, 255, 0, 0]);
    expect(await picture('absolute')).toEqual([10, 255, 50, 0]);
    expect(await picture('centre')).toEqual([138, 255, 78, 128]);
    expect(await picture('stretch')).toEqual([44, 255, 0, 36]);
  });

  it('says what does not fit', async () => {
    const large = job(row(1, 2), row(1, 2, 3), 'valid');
    await expect(runSlide(backend, large)).rejects.toThrow('A window of 3 does not fit into 2.');
    const mixed = job(row(1, 2), square(1, 1), 'valid');
    await expect(runSlide(backend, mixed)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const pool = { type: 'pool' as const, kind: 'max' as const, window: [2] };
    const beside = { ...job(row(1, 2), row(1), 4), operation: pool };
    await expect(runSlide(backend, beside)).rejects.toThrow('can lie beside the input');
  });
});
