/** The models that can be trained: the one at hand, those that the project keeps, the presets. */
import type { PresetInfo, RecipeInfo, SavedModelInfo } from '#shared/contract/index.ts';
import type { TrainForm } from '../../state/train-form.svelte.ts';
import { text } from './text.ts';

export interface OfferedModel {
  key: string;
  name: string;
  group: string;
  description: string;
  input: PresetInfo['input'];
  parameters: number | null;
  chosen: boolean;
  /** It cannot be built yet; the description says why. */
  problem: boolean;
  use: () => void;
}

type Form = Pick<TrainForm, 'model' | 'plan' | 'useModel' | 'usePreset' | 'useRecipe'>;

export function choices(
  form: Form,
  saved: readonly SavedModelInfo[],
  presets: readonly PresetInfo[],
  recipes: readonly RecipeInfo[],
): OfferedModel[] {
  const { model } = form;
  const chosenRecipe = (id: RecipeInfo['id']) => model.kind === 'recipe' && model.recipe === id;
  const fitting = recipes.filter(({ id, offered }) => offered || chosenRecipe(id));
  const made: OfferedModel[] = fitting.map((recipe) => ({
    key: recipe.id,
    name: recipe.name,
    group: text.models.recipes,
    description: recipe.description,
    input: recipe.input,
    parameters: recipe.parameters,
    chosen: chosenRecipe(recipe.id),
    problem: false,
    use: () => form.useRecipe(recipe),
  }));
  const own: OfferedModel[] = saved.map((one) => ({
    key: one.id,
    name: one.name,
    group: text.models.own,
    description: one.problem?.message ?? text.models.from(one.from),
    input: one.input,
    parameters: one.problem ? null : one.parameters,
    chosen: model.kind === 'saved' && model.model === one.id,
    problem: one.problem !== null,
    use: () => form.useModel({ kind: 'saved', model: one.id }, one.defaults),
  }));
  const known: OfferedModel[] = presets.map((preset) => ({
    key: preset.id,
    name: preset.name,
    group: preset.group,
    description: preset.description,
    input: preset.input,
    parameters: preset.parameters,
    chosen: model.kind === 'preset' && model.preset === preset.id,
    problem: false,
    use: () => form.usePreset(preset),
  }));
  return [...atHand(form), ...made, ...own, ...known];
}

/** A spec that is not kept: from the editor, or of an earlier run. */
function atHand({ model, plan }: Form): OfferedModel[] {
  if (model.kind !== 'spec') return [];
  const { spec } = model;
  return [
    {
      key: 'spec',
      name: spec.name,
      group: text.models.atHand,
      description: text.models.notKept,
      input: spec.input,
      parameters: plan?.model.summary.parameters ?? null,
      chosen: true,
      problem: false,
      use: () => undefined,
    },
  ];
}
