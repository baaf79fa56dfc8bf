/** Whole trainings by purpose, chosen by the app from the project's data. */
import type { ModelSpec } from '../model-spec.ts';
import { smallData } from './small-data.ts';
import type { RecipeData, RecipeId, RecipeSettings } from './types.ts';

export { recipeIds, type RecipeData, type RecipeId, type RecipeSettings } from './types.ts';

/** With fewer labels than this, `small-data` is what to start with. */
export const FEW_LABELS = 2000;

export interface Recipe {
  id: RecipeId;
  name: string;
  /** What it is for, in one sentence. */
  description: string;
  /** The model and its settings for some data. */
  make(data: RecipeData): { spec: ModelSpec; settings: RecipeSettings };
}

export const recipes: readonly Recipe[] = [
  {
    id: 'small-data',
    name: 'Few labels',
    description:
      'For some ten to a few hundred labels a class: small models together, images varied strongly and blended, weights averaged, each picture looked at twice.',
    make: smallData,
  },
];

/** Throws RangeError for one that does not exist. */
export function recipeById(id: RecipeId): Recipe {
  const recipe = recipes.find((one) => one.id === id);
  if (!recipe) throw new RangeError(`no recipe ${id}`);
  return recipe;
}
