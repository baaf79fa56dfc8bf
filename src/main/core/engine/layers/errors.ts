import type { LayerPath } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { LayerSpec } from '#shared/model-spec.ts';
import type { FeatureShape, LayerPlace } from './types.ts';

/** What would mend a layer: layers before or after it, or other settings of its own. */
export interface Mend {
  /** As a button says it: 'Insert flatten'. */
  label: string;
  before?: LayerSpec[];
  after?: LayerSpec[];
  changes?: Record<string, unknown>;
}

/** A model that cannot be built, said at the layer where it shows. */
export class ModelError extends AppError {
  readonly mend: Mend | undefined;
  /** Where that layer stands; the resolver knows, who throws does not. */
  path: LayerPath | null = null;

  constructor(layer: string, message: string, hint?: string, mend?: Mend) {
    super('MODEL_INVALID', message, { subject: layer, ...(hint === undefined ? {} : { hint }) });
    this.mend = mend;
  }
}

export function modelError(layer: string, message: string, hint?: string, mend?: Mend): ModelError {
  return new ModelError(layer, message, hint, mend);
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
