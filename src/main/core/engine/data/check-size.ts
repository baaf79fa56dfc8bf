import { AppError } from '#shared/errors.ts';
import type { TensorSet } from '../protocol.ts';

type Size = Pick<TensorSet, 'height' | 'width' | 'channels'>;

/** Throws INVALID_INPUT where a set's images are not of the model's size. */
export function checkSize(set: Size, input: Size): void {
  const { height, width, channels } = input;
  if (set.height === height && set.width === width && set.channels === channels) return;
  throw new AppError(
    'INVALID_INPUT',
    `The model takes ${height}×${width}×${channels} images, not ${set.height}×${set.width}×${set.channels}.`,
  );
}
