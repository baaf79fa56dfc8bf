/** Recipes for a project's data as it is now. */
import type { RecipeInfo } from '#shared/contract/index.ts';
import { recipeById, recipes, type Recipe, type RecipeData } from '#shared/recipes/index.ts';
import { checkModel } from '../engine/layers/summary.ts';
import type { Store } from '../store/store.ts';

/** For how many classes a recipe is shown where the data has fewer than two. */
const USUAL_CLASSES = 10;

export function listRecipes(store: Store, trainLimit: number | null): RecipeInfo[] {
  const data = recipeData(store, trainLimit);
  return recipes.map((recipe) => infoOf(recipe, data));
}

export function recipeSpec(store: Store, id: Recipe['id']) {
  return recipeById(id).make(recipeData(store, null)).spec;
}

function infoOf(
  { id, name, description, suggestedBelow, needsUnlabeled, make }: Recipe,
  data: RecipeData,
): RecipeInfo {
  const { spec, settings } = make(data);
  const classes = data.classNames.length >= 2 ? data.classNames.length : USUAL_CLASSES;
  return {
    id,
    name,
    description,
    spec,
    input: spec.input,
    parameters: checkModel(spec, classes).summary.parameters,
    defaults: settings,
    suggested: data.labels > 0 && data.labels < suggestedBelow,
    offered: !needsUnlabeled || data.unlabeled > 0,
  };
}

function recipeData(store: Store, trainLimit: number | null): RecipeData {
  const { train, validation, test } = store.splits.summary();
  const used = train + validation + test > 0;
  const labels = store.images.labeled(used ? { split: 'train' } : {}).length;
  const shape = store.runs.imageShapes()[0] ?? { height: 28, width: 28, channels: 1 };
  return {
    ...shape,
    labels: Math.min(labels, trainLimit ?? labels),
    unlabeled: store.images.unlabeled().length + labels - Math.min(labels, trainLimit ?? labels),
    classNames: store.classes
      .list()
      .filter(({ images }) => images > 0)
      .map(({ name }) => name),
  };
}
