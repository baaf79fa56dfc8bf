/** The project's own models, and the one that is being changed. */
import type {
  FoveaClient,
  ModelChoice,
  RecipeInfo,
  SavedModel,
  SavedModelInfo,
} from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { findPreset } from '#shared/presets/index.ts';
import { recipeIds } from '#shared/recipes/index.ts';
import { text } from '../features/train/text.ts';
import { ModelEditor } from './model-editor.svelte.ts';

/** For so many classes a model is shown where the project has fewer than two. */
const usualClasses = 10;

export class ModelsState {
  /** By name; null until they were read. */
  list = $state.raw<readonly SavedModelInfo[] | null>(null);
  /** As they are for the project's data; empty until they were read. */
  recipes = $state.raw<readonly RecipeInfo[]>([]);
  /** The one that is being changed; null: the form for a new run. */
  editor = $state.raw<ModelEditor | null>(null);
  /** Left with changes that are not kept yet: shown again when its model is. */
  readonly #drafts = new Map<string, ModelEditor>();
  readonly #client: FoveaClient;
  readonly #project: string;
  readonly #classes: () => number;

  constructor(client: FoveaClient, project: string, classes: () => number) {
    this.#client = client;
    this.#project = project;
    this.#classes = classes;
  }

  async load(): Promise<void> {
    const project = this.#project;
    [this.list, this.recipes] = await Promise.all([
      this.#client.models.list({ project }),
      this.#client.models.recipes({ project }),
    ]);
  }

  /** Opens what a run would take: a saved model itself, anything else as a new one. */
  async edit(choice: ModelChoice): Promise<void> {
    if (choice.kind === 'preset') this.editPreset(choice.preset);
    else if (choice.kind === 'saved') await this.editSaved(choice.model);
    else this.editSpec(choice.kind === 'spec' ? choice.spec : this.#recipe(choice.recipe).spec);
  }

  #recipe(id: RecipeInfo['id']): RecipeInfo {
    const recipe = this.recipes[recipeIds.indexOf(id)];
    if (!recipe) throw new AppError('NOT_FOUND', `There is no recipe '${id}'.`);
    return recipe;
  }

  /** A model of one's own, as the preset is. */
  editPreset(id: string): void {
    const preset = findPreset(id);
    if (!preset) throw new AppError('NOT_FOUND', `There is no preset '${id}'.`);
    const name = text.models.changed(preset.info.name);
    this.#open(id, () => this.#editor({ ...preset.spec, name }, { from: id }));
  }

  async editSaved(id: string): Promise<void> {
    const saved = await this.#client.models.get({ project: this.#project, model: id });
    this.#open(id, () => this.#editor(saved.spec, { saved }));
  }

  /** A spec that is not kept anywhere: from a file, or of an earlier run. */
  editSpec(spec: ModelSpec): void {
    this.#open(null, () => this.#editor(spec, {}));
  }

  /**
   * Opens what a file says.
   * @throws AppError MODEL_INVALID when that is no model
   */
  async importFile(file: Blob): Promise<void> {
    const { spec, problem } = await this.#client.models.check({
      spec: parsed(await file.text()),
      classes: this.#classes(),
    });
    if (!spec) {
      throw new AppError('MODEL_INVALID', problem?.message ?? 'This is no model.', {
        ...(problem?.hint ? { hint: problem.hint } : {}),
      });
    }
    this.editSpec(spec);
  }

  /** Goes back to the form; what is not kept yet stays until its model is opened again. */
  close(): void {
    this.editor = null;
  }

  /** Takes back what was not kept, and goes back to the form. */
  discard(): void {
    for (const [key, editor] of this.#drafts) if (editor === this.editor) this.#drafts.delete(key);
    this.editor = null;
  }

  async duplicate(id: string): Promise<SavedModelInfo> {
    const copy = await this.#client.models.duplicate({ project: this.#project, model: id });
    await this.load();
    return copy;
  }

  async remove(id: string): Promise<void> {
    await this.#client.models.remove({ project: this.#project, model: id });
    this.#drafts.delete(id);
    await this.load();
  }

  #open(key: string | null, make: () => ModelEditor): void {
    const kept = key === null ? undefined : this.#drafts.get(key);
    const editor = kept?.changed ? kept : make();
    if (key !== null) this.#drafts.set(key, editor);
    this.editor = editor;
    // The project's classes may have changed since.
    editor.ask(0);
  }

  #editor(spec: ModelSpec, origin: { saved?: SavedModel; from?: string }) {
    return new ModelEditor({
      client: this.#client,
      project: this.#project,
      spec,
      saved: origin.saved ?? null,
      from: origin.from ?? null,
      classes: this.#classes,
    });
  }
}

/** The number of outputs that a model of a project needs. */
export function classesNeeded(classes: readonly { images: number }[]): number {
  const used = classes.filter(({ images }) => images > 0).length;
  return used >= 2 ? used : usualClasses;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('MODEL_INVALID', 'This file is not JSON.', {
      hint: 'Choose a model that was exported as JSON.',
    });
  }
}
