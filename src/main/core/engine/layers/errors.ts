import { AppError } from '#shared/errors.ts';
import type { FeatureShape, LayerPlace } from './types.ts';

export function modelError(layer: string, message: string, hint?: string): AppError {
  return new AppError('MODEL_INVALID', message, {
    subject: layer,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** [height, width, channels] of an image-shaped input. */
export function imageInput(place: LayerPlace): [number, number, number] {
  const [height, width, channels] = place.input;
  if (height === undefined || width === undefined || channels === undefined) {
    throw modelError(
      place.name,
      `${place.name} needs an image, but ${place.previous ?? 'the input'} gives ${describe(place.input)}.`,
      `Move ${place.name} before the flatten layer.`,
    );
  }
  return [height, width, channels];
}

export function describe(shape: FeatureShape): string {
  return shape.length === 1 ? `${shape.join('')} numbers` : shape.join('×');
}
