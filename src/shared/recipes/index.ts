/** Whole trainings by purpose, chosen by the app from the project's data. */
import type { ModelSpec } from '../model-spec.ts';
import { smallData } from './small-data.ts';
import { useUnlabeled } from './use-unlabeled.ts';
import { recipeIds, type RecipeData, type RecipeId, type RecipeSettings } from './types.ts';

export { recipeIds, type RecipeData, type RecipeId, type RecipeSettings } from './types.ts';

export interface Recipe {
  id: RecipeId;
  name: string;
  /** What it is for, in one sentence. */
  description: string;
  /** With fewer labels it is what to start with. */
  suggestedBelow: number;
  needsUnlabeled: boolean;
  /** The model and its settings for some data. */
  make(data: RecipeData): { spec: ModelSpec; settings: RecipeSettings };
}

const byId: Record<RecipeId, Recipe> = {
  'small-data': {
    id: 'small-data',
    name: 'Few labels',
    description:
      'For some ten to a few hundred labels a class: a small model trained long, images varied and blended, weights averaged, each picture looked at twice.',
    suggestedBelow: 2000,
    needsUnlabeled: false,
    make: smallData,
  },
  'use-unlabeled': {
    id: 'use-unlabeled',
    name: 'Few labels, many images',
    description:
      'Learns from the labels first. Then it says what the images without a label are, learns from its own answers too, and asks itself again. Takes several times as long.',
    // A first answer comes sooner from the labels alone.
    suggestedBelow: 0,
    needsUnlabeled: true,
    make: useUnlabeled,
  },
};

/** In the order in which they are offered. */
export const recipes: readonly Recipe[] = recipeIds.map(recipeById);

export function recipeById(id: RecipeId): Recipe {
  return byId[id];
}
