import type {
  GreyScale,
  NumberGrid,
  SlideAnswer,
  SlideOperation,
  SlidePadding,
} from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import type { Numbers } from '../engine/workbench/job.ts';

interface Request {
  operation: SlideOperation;
  strides: number[];
  padding: SlidePadding;
}

type Services = Pick<CoreContext, 'engine'>;

/** @throws AppError INVALID_INPUT, ENGINE_FAILED, CANCELLED */
export async function slideNumbers(
  { engine }: Services,
  { input, ...request }: Request & { input: NumberGrid; move: number[] | null },
  signal?: AbortSignal,
): Promise<SlideAnswer> {
  const numbers = { shape: input.shape, data: Float32Array.from(input.values) };
  const answer = await engine.slide({ ...request, input: numbers, steps: true }, { signal });
  const { output, before, after, kernel, steps, moved } = answer;
  return {
    output: gridOf(output),
    before,
    after,
    kernel: kernel && gridOf(kernel),
    steps: {
      windows: steps ? rows(steps.windows, steps.size) : [],
      products: steps?.products ? rows(steps.products, steps.size) : [],
    },
    moved: moved && { input: gridOf(moved.input), output: gridOf(moved.output) },
  };
}

export interface FilteredPicture {
  width: number;
  height: number;
  before: number[];
  pixels: Uint8Array;
  values: Float32Array;
  least: number;
  most: number;
  moved: { input: Uint8Array; output: Uint8Array } | null;
}

/** @throws AppError INVALID_INPUT, ENGINE_FAILED, CANCELLED */
export async function filterPicture(
  { engine }: Services,
  {
    pixels,
    width,
    height,
    ...request
  }: Request & {
    pixels: Uint8Array;
    width: number;
    height: number;
    show: GreyScale;
    move: number[] | null;
  },
  signal?: AbortSignal,
): Promise<FilteredPicture> {
  if (pixels.length !== width * height) {
    throw new AppError('INVALID_INPUT', `${pixels.length} pixels are not ${width}×${height}.`);
  }
  const input = { shape: [height, width], data: Float32Array.from(pixels) };
  const { output, before, picture, moved } = await engine.slide({ ...request, input }, { signal });
  if (!picture) throw new AppError('ENGINE_FAILED', 'The engine gave no picture.');
  const [outHeight = 0, outWidth = 0] = output.shape;
  return {
    width: outWidth,
    height: outHeight,
    before,
    values: output.data,
    ...picture,
    moved: moved && {
      input: toLevels(moved.input.data),
      output: toLevels(moved.output.data),
    },
  };
}

/** Rounded, and within what a byte holds. */
function toLevels(data: Float32Array): Uint8Array {
  return new Uint8Array(Uint8ClampedArray.from(data).buffer);
}

function gridOf({ shape, data }: Numbers): NumberGrid {
  return { shape, values: [...data] };
}

function rows(data: Float32Array, size: number): number[][] {
  return Array.from({ length: data.length / size }, (_, row) => [
    ...data.subarray(row * size, (row + 1) * size),
  ]);
}
