/** A better classifier from few labels and many images without one. */
import type { ModelSpec } from '../model-spec.ts';
import { SMALL_EDGE, smallData } from './small-data.ts';
import type { RecipeData, RecipeSettings } from './types.ts';

/** Images that training sees in each round, counting each time. */
const SEEN_IN_ROUND = 400_000;
/** Each epoch writes a checkpoint: with very few labels there would be thousands. */
const MOST_EPOCHS = 500;
const ROUNDS = 3;
/** Unlabeled images for each labeled one. */
const RATIO = 7;
/** Images that look most alike, where images are small enough to be compared by their pixels. */
const NEIGHBORS = 10;

/** First all of `small-data`, then rounds with the same model and settings. */
export function useUnlabeled(data: RecipeData): { spec: ModelSpec; settings: RecipeSettings } {
  const { spec, settings } = smallData(data);
  const { height, width } = spec.input;
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
        neighbors: Math.max(height, width) <= SMALL_EDGE ? NEIGHBORS : 0,
        temperature: 0.5,
      },
    },
  };
}
