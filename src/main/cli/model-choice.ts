/** Which model a command is about: a preset, a saved model, or a spec in a file. */
import { readFile } from 'node:fs/promises';
import { toFileError } from '#core/util/files.ts';
import type { FoveaClient, ModelChoice, Run, TrainingDefaults } from '#shared/contract/index.ts';
import { plainDefaults, trainingDefaults } from '#shared/contract/models.ts';
import { AppError } from '#shared/errors.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { findPreset, presets, type Preset } from '#shared/presets/index.ts';
import { recipeIds, type RecipeId } from '#shared/recipes/index.ts';
import type { FineTuningSpec } from '#shared/fine-tuning.ts';
import { findRun } from './find-run.ts';
import { fromWorkingFolder } from './paths.ts';
import { transferToTrain, type TransferOptions } from './transfer-options.ts';

export interface ModelOptions {
  preset?: string;
  spec?: string;
  model?: string;
  recipe?: RecipeId;
  backbone?: string;
  /** A run whose weights it begins with. */
  startFrom?: string;
}

/** How an option that takes a preset is described. */
export const presetHelp = 'fashion-cnn, lenet, cifar-deep, cats-dogs, resnet-18 …';

/** Of the options `names`, exactly one must be given. */
export function oneOf(options: ModelOptions, names: readonly (keyof ModelOptions)[]): void {
  if (names.filter((name) => options[name] !== undefined).length === 1) return;
  const all = names.map((name) => `--${name}`);
  throw new AppError('INVALID_INPUT', `Give one of ${all.join(', ')}, and only one.`);
}

/** @throws AppError NOT_FOUND */
export function presetNamed(id: string): Preset {
  const preset = findPreset(id);
  if (preset) return preset;
  throw new AppError('NOT_FOUND', `There is no preset '${id}'.`, {
    subject: id,
    hint: `Choose one of: ${presets.map(({ info }) => info.id).join(', ')}.`,
  });
}

/** @throws AppError MODEL_INVALID with the layer and the setting that are wrong, NOT_FOUND, … */
export async function specFromFile(client: FoveaClient, path: string): Promise<ModelSpec> {
  const file = fromWorkingFolder(path);
  const { spec, problem } = await client.models.check({ spec: await readJson(file), classes: 2 });
  if (spec) return spec;
  throw new AppError('MODEL_INVALID', `${file}: ${problem?.message ?? 'This is no model.'}`, {
    subject: file,
    ...(problem?.hint ? { hint: problem.hint } : {}),
  });
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw toFileError(error, file);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new AppError('MODEL_INVALID', `${file} is not JSON: ${reason}.`, { subject: file });
  }
}

interface ModelToTrain {
  choice: ModelChoice;
  defaults: TrainingDefaults;
  finetune?: FineTuningSpec | null;
  startFrom?: Run;
}

/** What to train and the settings that go with it. */
export async function modelToTrain(
  client: FoveaClient,
  project: string,
  options: ModelOptions & TransferOptions & { trainLimit?: number; epochs?: number },
): Promise<ModelToTrain> {
  if (options.startFrom === undefined) return await givenModel(client, project, options);
  const run = await findRun(client, project, options.startFrom);
  const others = ['preset', 'model', 'spec', 'recipe', 'backbone'] as const;
  if (others.some((name) => options[name] !== undefined)) {
    return { ...(await givenModel(client, project, options)), startFrom: run };
  }
  // One that was trained elsewhere has no settings that it was trained with.
  const defaults = run.epochs.length > 0 ? trainingDefaults.parse(run.options) : plainDefaults;
  return { choice: { kind: 'spec', spec: run.spec }, defaults, startFrom: run };
}

async function givenModel(
  client: FoveaClient,
  project: string,
  options: ModelOptions & TransferOptions & { trainLimit?: number; epochs?: number },
): Promise<ModelToTrain> {
  oneOf(options, ['preset', 'model', 'spec', 'recipe', 'backbone']);
  if (options.backbone !== undefined) return await transferToTrain(client, project, options);
  if (options.recipe !== undefined) {
    const { recipe: id, trainLimit = null } = options;
    const made = await client.models.recipes({ project, trainLimit });
    const { defaults } = made[recipeIds.indexOf(id)] ?? {};
    if (!defaults) throw new AppError('NOT_FOUND', `There is no recipe '${id}'.`, { subject: id });
    return { choice: { kind: 'recipe', recipe: id }, defaults };
  }
  if (options.preset !== undefined) {
    const { info } = presetNamed(options.preset);
    return {
      choice: { kind: 'preset', preset: info.id },
      defaults: trainingDefaults.parse(info.defaults),
    };
  }
  if (options.model !== undefined) {
    const saved = await savedModel(client, project, options.model);
    return { choice: { kind: 'saved', model: saved.id }, defaults: saved.defaults };
  }
  const spec = await specFromFile(client, options.spec ?? '');
  return { choice: { kind: 'spec', spec }, defaults: plainDefaults };
}

async function savedModel(client: FoveaClient, project: string, name: string) {
  const models = await client.models.list({ project });
  const found =
    models.find((model) => model.name === name) ?? models.find((model) => model.id === name);
  if (found) return found;
  throw new AppError('NOT_FOUND', `There is no model '${name}' in this project.`, {
    subject: name,
    ...(models.length > 0
      ? { hint: `Choose one of: ${models.map((model) => model.name).join(', ')}.` }
      : { hint: 'Save one in the window, or give --spec.' }),
  });
}
