/** The models that can be trained: the one at hand, recipes, pretrained networks, the project's, the presets. */
import type {
  BackboneInfo,
  PresetInfo,
  RecipeInfo,
  SavedModelInfo,
} from '#shared/contract/index.ts';
import type { TrainForm } from '../../state/train-form.svelte.ts';
import { sizeOf } from '#shared/backbone-model.ts';
import { networkText } from './network-text.ts';
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
  /** What to start with, for this data. */
  suggested: boolean;
  use: () => void;
}

type Form = Pick<TrainForm, 'model' | 'plan' | 'transfer' | 'useModel' | 'usePreset' | 'useRecipe'>;

export interface OfferedNetworks {
  list: readonly BackboneInfo[];
  /** SHA-256 of the one to start with. */
  suggested: string | null;
  use: (sha256: string) => void;
}

export function choices(
  form: Form,
  saved: readonly SavedModelInfo[],
  presets: readonly PresetInfo[],
  recipes: readonly RecipeInfo[],
  networks: OfferedNetworks,
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
    suggested: recipe.suggested && networks.suggested === null,
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
    suggested: false,
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
    suggested: false,
    use: () => form.usePreset(preset),
  }));
  const pretrained = networks.list.map((network) => offered(form, network, networks));
  const first = networks.suggested === null ? [...made, ...pretrained] : [...pretrained, ...made];
  return [...atHand(form), ...first, ...own, ...known];
}

function offered(
  { transfer }: Form,
  network: BackboneInfo,
  { suggested, use }: OfferedNetworks,
): OfferedModel {
  const { sha256, name, input, parameters } = network;
  const { height, width } = sizeOf(network);
  return {
    key: sha256,
    name,
    group: networkText.group,
    description: suggested === sha256 ? networkText.whySuggested : networkText.purpose(network),
    input: { height, width, channels: input.channels },
    parameters,
    chosen: transfer?.network.sha256 === sha256,
    problem: false,
    suggested: suggested === sha256,
    use: () => use(sha256),
  };
}

/** A spec that is not kept: from the editor, or of an earlier run. */
function atHand({ model, plan, transfer }: Form): OfferedModel[] {
  if (model.kind !== 'spec' || transfer) return [];
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
      suggested: false,
      use: () => undefined,
    },
  ];
}
