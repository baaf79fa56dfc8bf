/** A good classifier from few labels: model, augmentation, regularisation and schedule in one. */
import type { AugmentationSpec } from '../augmentation.ts';
import { labelRisks } from '../augmentations/risks.ts';
import { suggestAugmentation } from '../augmentations/suggest.ts';
import type { LayerSpec, ModelSpec } from '../model-spec.ts';
import type { RecipeData, RecipeSettings } from './types.ts';

/** Images that training sees in all, counting each time. */
const SEEN = 250_000;
/** Of photos, which take many times as long. */
const SEEN_PHOTOS = 150_000;
const FEWEST_EPOCHS = 40;
const MOST_EPOCHS = 500;
/** Longest edge of images that are quick to learn from. */
export const SMALL_EDGE = 40;
/** Photos are brought to this edge: what tells few classes apart still shows. */
const PHOTO_EDGE = 96;
/** Convolutions go on until the map is this small. */
const LAST_EDGE = 4;

/** The size at which the model sees the images; small ones as they are. */
export function recipeInput({ height, width, channels }: RecipeData): ModelSpec['input'] {
  const edge = Math.max(height, width);
  const size = edge <= 64 ? { height, width } : { height: PHOTO_EDGE, width: PHOTO_EDGE };
  return { ...size, channels: channels === 1 ? 1 : 3 };
}

export function smallData(data: RecipeData): { spec: ModelSpec; settings: RecipeSettings } {
  const input = recipeInput(data);
  const edge = Math.max(input.height, input.width);
  const spec: ModelSpec = {
    name: 'small-data',
    input,
    layers: [
      ...convolutions(edge),
      { type: 'flatten' },
      { type: 'dropout', rate: 0.4 },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    labelSmoothing: 0.1,
    optimizer: { type: 'adamw', weightDecay: 0.05 },
  };
  const seen = edge > SMALL_EDGE ? SEEN_PHOTOS : SEEN;
  const augment = strongAugmentation({ ...input, classNames: data.classNames });
  return {
    spec,
    settings: {
      epochs: Math.min(
        MOST_EPOCHS,
        Math.max(FEWEST_EPOCHS, Math.round(seen / Math.max(1, data.labels))),
      ),
      batch: 32,
      learningRate: 3e-3,
      schedule: { type: 'one-cycle', warmup: 0.25, start: 25, end: 1e4 },
      earlyStop: null,
      augment,
      averaging: { decay: 0.995 },
      views: mirrors(augment) ? { flip: true, shift: 0 } : null,
      validateEvery: 20,
      trainLimit: null,
    },
  };
}

/** Convolutions and a pool, ever smaller and wider; small images take two convolutions each time. */
export function convolutions(edge: number): LayerSpec[] {
  const layers: LayerSpec[] = [];
  const photo = edge > SMALL_EDGE;
  for (let size = edge, filters = photo ? 24 : 32; size > LAST_EDGE; size = Math.floor(size / 2)) {
    layers.push(...convolution(filters), ...(photo ? [] : convolution(filters)), {
      type: 'maxpool2d',
      size: [2, 2],
    });
    filters = Math.min(filters * 2, photo ? 192 : 256);
  }
  return layers;
}

function convolution(filters: number): LayerSpec[] {
  return [
    {
      type: 'conv2d',
      filters,
      kernel: [3, 3],
      padding: 'same',
      bias: false,
      kernelInitializer: 'heNormal',
    },
    { type: 'batchnorm', momentum: 0.9, epsilon: 1e-5 },
    { type: 'activation', activation: 'relu' },
  ];
}

/** What suits the data, and images blended, for a few labels are soon learned by heart. */
export function strongAugmentation(
  kind: ModelSpec['input'] & { classNames: readonly string[] },
): AugmentationSpec {
  const { classNames } = kind;
  const suited = suggestAugmentation(kind).spec;
  const spec: AugmentationSpec = {
    ...suited,
    name: 'small-data',
    operations: [
      ...suited.operations,
      // Half of the images get another all over, half of the rest a part of one.
      { type: 'mixup', on: true, probability: 0.5, alpha: 0.4 },
      { type: 'cutmix', on: true, probability: 0.5, alpha: 1 },
    ],
  };
  const risky = new Set(labelRisks(spec, classNames).map(({ operation }) => operation));
  return { ...spec, operations: spec.operations.filter((_, index) => !risky.has(index)) };
}

export function mirrors({ operations }: AugmentationSpec): boolean {
  return operations.some(({ type }) => type === 'flip-horizontal');
}
