import type { SlidePadding } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { padAxis } from '../layers/window.ts';
import { windowOutput } from '../ops/helpers.ts';
import type { SlideJob } from './job.ts';

/** A window over an input of any number of axes. */
export interface Sliding {
  window: number[];
  strides: number[];
  before: number[];
  after: number[];
}

/** @throws AppError INVALID_INPUT for what does not fit together, in words for the one who typed it */
export function slidingOf({ input, operation, strides, padding, move }: SlideJob): Sliding {
  const axes = input.shape.length;
  const window = operation.type === 'pool' ? operation.window : operation.kernel.shape;
  if (window.length !== axes || strides.length !== axes || (move && move.length !== axes)) {
    throw new AppError(
      'INVALID_INPUT',
      `The input has ${axes} dimensions: kernel, strides and move need as many.`,
    );
  }
  const pads = input.shape.map((size, axis) =>
    padsOf(padding, size, window[axis]!, strides[axis]!, operation.type === 'pool'),
  );
  const tooSmall = input.shape.some(
    (size, axis) =>
      windowOutput(size, window[axis]!, strides[axis]!, pads[axis]![0] + pads[axis]![1], 1) < 1,
  );
  if (tooSmall) {
    throw new AppError(
      'INVALID_INPUT',
      `A window of ${window.join('×')} does not fit into ${input.shape.join('×')}.`,
      { hint: 'Choose ‘same’ or ‘full’, or a smaller window.' },
    );
  }
  if (move?.some((by, axis) => Math.abs(by) >= input.shape[axis]!)) {
    throw new AppError('INVALID_INPUT', 'The move leaves nothing of the input.');
  }
  return {
    window,
    strides,
    before: pads.map(([first]) => first),
    after: pads.map(([, last]) => last),
  };
}

function padsOf(
  padding: SlidePadding,
  size: number,
  reach: number,
  stride: number,
  pool: boolean,
): readonly [number, number] {
  if (padding === 'valid') return [0, 0];
  if (padding === 'same') return padAxis(size, reach, stride);
  const around = padding === 'full' ? reach - 1 : padding;
  // A window of nothing but padding has no largest number and no mean.
  if (pool && around >= reach) {
    throw new AppError(
      'INVALID_INPUT',
      `With ${around} of padding, a pooling window of ${reach} can lie beside the input.`,
      { hint: 'Choose less padding, or a larger window.' },
    );
  }
  return [around, around];
}
