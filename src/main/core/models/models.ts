/** Models that a project keeps, and the model that a training takes. */
import type {
  ModelChoice,
  SavedModel,
  SavedModelInfo,
  TrainingDefaults,
} from '#shared/contract/index.ts';
import { plainDefaults, trainingDefaults } from '#shared/contract/models.ts';
import { AppError } from '#shared/errors.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { findPreset, type Preset } from '#shared/presets/index.ts';
import { recipeSpec } from './recipes.ts';
import { checkModel } from '../engine/layers/summary.ts';
import type { Project } from '../projects/project.ts';
import type { StoredModel } from '../store/models.ts';
import type { Store } from '../store/store.ts';

/** For how many classes a model is shown where the data has fewer than two. */
const USUAL_CLASSES = 10;

export interface ChosenModel {
  spec: ModelSpec;
  /** What runs are called unless they are given a name. */
  name: string;
  /** How many classes to show it for where the data has fewer than two. */
  classes: number;
}

/** @throws AppError NOT_FOUND */
export function chosenModel(store: Store, choice: ModelChoice): ChosenModel {
  switch (choice.kind) {
    case 'recipe': {
      const spec = recipeSpec(store, choice.recipe);
      return { spec, name: spec.name, classes: USUAL_CLASSES };
    }
    case 'preset': {
      const { spec, info, classes } = presetById(choice.preset);
      return { spec, name: info.name, classes };
    }
    case 'saved': {
      const { spec, preset } = store.models.get(choice.model);
      return { spec, name: spec.name, classes: usualClasses(preset) };
    }
    case 'spec':
      return { spec: choice.spec, name: choice.spec.name, classes: USUAL_CLASSES };
  }
}

/** @throws AppError NOT_FOUND */
function presetById(id: string): Preset {
  const preset = findPreset(id);
  if (preset) return preset;
  throw new AppError('NOT_FOUND', `There is no preset '${id}'.`, { subject: id });
}

function usualClasses(preset: string | null): number {
  return (preset === null ? undefined : findPreset(preset))?.classes ?? USUAL_CLASSES;
}

export function listModels(project: Project): SavedModelInfo[] {
  const classes = classesOf(project.store);
  return project.store.models.list().map((model) => infoOf(project, model, classes));
}

export function getModel(project: Project, id: string): SavedModel {
  return viewOf(project, project.store.models.get(id));
}

interface Saving {
  spec: ModelSpec;
  model?: string | undefined;
  from?: string | undefined;
}

/** @throws AppError NOT_FOUND, ALREADY_EXISTS */
export function saveModel(project: Project, { spec, model, from }: Saving): SavedModel {
  const { models } = project.store;
  return change(project, () => {
    if (model !== undefined) return models.replace(model, spec, Date.now());
    return models.insert({
      spec: { ...spec, name: models.freeName(spec.name) },
      ...originOf(project.store, from),
      createdAt: Date.now(),
    });
  });
}

export function duplicateModel(project: Project, id: string): SavedModel {
  return saveModel(project, { spec: project.store.models.get(id).spec, from: id });
}

/** @throws AppError NOT_FOUND, ALREADY_EXISTS */
export function renameModel(project: Project, id: string, name: string): SavedModel {
  const { models } = project.store;
  return change(project, () =>
    models.replace(id, { ...models.get(id).spec, name: name.trim() }, Date.now()),
  );
}

/** @throws AppError NOT_FOUND */
export function removeModel(project: Project, id: string): void {
  project.store.models.get(id);
  project.store.models.remove(id);
  project.changes.publish(['models']);
}

function change(project: Project, work: () => StoredModel): SavedModel {
  const stored = project.store.transaction(work);
  project.changes.publish(['models']);
  return viewOf(project, stored);
}

function originOf(store: Store, from: string | undefined): Pick<StoredModel, 'from' | 'preset'> {
  if (from === undefined) return { from: null, preset: null };
  const preset = findPreset(from);
  if (preset) return { from: preset.info.name, preset: from };
  const { name, preset: first } = store.models.get(from);
  return { from: name, preset: first };
}

function viewOf(project: Project, stored: StoredModel): SavedModel {
  return { ...infoOf(project, stored, classesOf(project.store)), spec: stored.spec };
}

/** Those that images have: a model gives one output for each. */
function classesOf(store: Store): number {
  return store.classes.list().filter(({ images }) => images > 0).length;
}

function infoOf({ backbones }: Project, stored: StoredModel, classes: number): SavedModelInfo {
  const { id, name, spec, from, preset, createdAt, changedAt } = stored;
  const { summary, problem } = checkModel(
    spec,
    classes >= 2 ? classes : usualClasses(preset),
    backbones,
  );
  return {
    id,
    name,
    from,
    createdAt,
    changedAt,
    input: spec.input,
    parameters: summary.parameters,
    problem,
    defaults: defaultsOf(preset),
  };
}

function defaultsOf(preset: string | null): TrainingDefaults {
  const found = preset === null ? undefined : findPreset(preset);
  return found ? trainingDefaults.parse(found.info.defaults) : plainDefaults;
}
