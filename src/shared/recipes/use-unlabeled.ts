/** A better classifier from few labels and many images without one. */
import type { ModelSpec } from '../model-spec.ts';
import { smallData } from './small-data.ts';
import type { RecipeData, RecipeSettings } from './types.ts';

/** Images that training sees in each round, counting each time. */
const SEEN_IN_ROUND = 150_000;
/** Each epoch writes a checkpoint: with very few labels there would be thousands. */
const MOST_EPOCHS = 200;
const ROUNDS = 6;
/** Unlabeled images for each labeled one. */
const RATIO = 7;
/** Images that are most alike to the model. */
const NEIGHBORS = 5;

/** First all of `small-data`, then rounds with the same model and settings. */
export function useUnlabeled(data: RecipeData): { spec: ModelSpec; settings: RecipeSettings } {
  const { spec, settings } = smallData(data);
  const labels = Math.max(1, data.labels);
  const ratio = Math.max(0.1, Math.min(RATIO, data.unlabeled / labels));
  const warmup = settings.epochs;
  const epochs = Math.round(SEEN_IN_ROUND / (labels * (1 + ratio)));
  const round = Math.max(2, Math.min(MOST_EPOCHS, epochs));
  return {
    spec: { ...spec, name: 'use-unlabeled' },
    settings: {
      ...settings,
      epochs: warmup + ROUNDS * round,
      unlabeled: {
        warmup,
        round,
        ratio,
        neighbors: NEIGHBORS,
        temperature: 0.5,
      },
    },
  };
}
