/** A better classifier from few labels and many images without one. */
import type { AugmentationSpec } from '../augmentation.ts';
import type { ModelSpec } from '../model-spec.ts';
import {
  convolutions,
  mirrors,
  recipeInput,
  SMALL_EDGE,
  strongAugmentation,
} from './small-data.ts';
import type { RecipeData, RecipeSettings } from './types.ts';

/** Images that training sees before the first round, and in each round, counting each time. */
const SEEN_BEFORE = 120_000;
const SEEN_IN_ROUND = 160_000;
const ROUNDS = 4;
/** Unlabeled images for each labeled one. */
const RATIO = 7;
/** Images that look most alike, where images are small enough to be compared by their pixels. */
const NEIGHBORS = 10;

export function useUnlabeled(data: RecipeData): { spec: ModelSpec; settings: RecipeSettings } {
  const input = recipeInput(data);
  const edge = Math.max(input.height, input.width);
  const spec: ModelSpec = {
    name: 'use-unlabeled',
    input,
    layers: [
      ...convolutions(edge),
      { type: 'flatten' },
      { type: 'dropout', rate: 0.4 },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    labelSmoothing: 0.05,
    optimizer: { type: 'adamw', weightDecay: 0.05 },
  };
  const labels = Math.max(1, data.labels);
  const ratio = Math.max(0.1, Math.min(RATIO, data.unlabeled / labels));
  const warmup = Math.max(10, Math.round(SEEN_BEFORE / labels));
  const round = Math.max(2, Math.round(SEEN_IN_ROUND / (labels * (1 + ratio))));
  const augment = gentler(strongAugmentation({ ...input, classNames: data.classNames }));
  return {
    spec,
    settings: {
      epochs: warmup + ROUNDS * round,
      batch: 64,
      learningRate: 3e-3,
      schedule: { type: 'one-cycle', warmup: 0.25, start: 25, end: 1e4 },
      earlyStop: null,
      augment,
      averaging: { decay: 0.995 },
      views: mirrors(augment) ? { flip: true, shift: 0 } : null,
      unlabeled: {
        warmup,
        round,
        ratio,
        neighbors: edge <= SMALL_EDGE ? NEIGHBORS : 0,
        temperature: 0.5,
      },
      validateEvery: 20,
      trainLimit: null,
    },
  };
}

/** With many images, less has to be hidden and blended. */
function gentler(spec: AugmentationSpec): AugmentationSpec {
  return {
    ...spec,
    name: 'use-unlabeled',
    operations: spec.operations.map((operation) => {
      if (operation.type === 'mixup') return { ...operation, alpha: 0.2 };
      if (operation.type !== 'erase') return operation;
      const [least, most] = operation.range;
      return { ...operation, range: [least, Math.min(most, 0.2)] };
    }),
  };
}
