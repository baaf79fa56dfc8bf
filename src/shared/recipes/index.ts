/** Whole trainings by purpose, chosen by the app from the project's data. */
import type { ModelSpec } from '../model-spec.ts';
import { smallData } from './small-data.ts';
import { recipeIds, type RecipeData, type RecipeId, type RecipeSettings } from './types.ts';

export { recipeIds, type RecipeData, type RecipeId, type RecipeSettings } from './types.ts';

export interface Recipe {
  id: RecipeId;
  name: string;
  /** What it is for, in one sentence. */
  description: string;
  /** With fewer labels it is what to start with. */
  suggestedBelow: number;
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
    make: smallData,
  },
};

/** In the order in which they are offered. */
export const recipes: readonly Recipe[] = recipeIds.map(recipeById);

export function recipeById(id: RecipeId): Recipe {
  return byId[id];
}
