/** The augmentation of a project as it is looked at and changed, with the draws that show it. */
import type {
  FoveaClient,
  ImageDraw,
  ModelSummary,
  OperationEffect,
  SavedAugmentation,
} from '#shared/contract/index.ts';
import type { AugmentationSpec, Operation, OperationType } from '#shared/augmentation.ts';
import { operationCatalogue } from '#shared/augmentations/operations.ts';
import { augmentationPresets } from '#shared/augmentations/presets.ts';
import { labelRisks, type LabelRisk } from '#shared/augmentations/risks.ts';
import { suggestAugmentation } from '#shared/augmentations/suggest.ts';
import type { AppState } from './app.svelte.ts';
import type { OpenProject } from './project.svelte.ts';

export type InputSize = ModelSummary['input'];

/** Pictures as the engine drew them. */
export interface Drawn {
  size: InputSize;
  original: Uint8Array;
  draws: { epoch: number; pixels: Uint8Array; done: { operation: number; value: number }[] }[];
  milliseconds: number;
}

export const drawsShown = 16;
export const stripSteps = 7;
const saveDelayMs = 600;
/** A model that falls by more than this takes images for something else. */
export const largeFall = 0.15;

export class AugmentState {
  spec = $state.raw<AugmentationSpec | null>(null);
  saved = $state.raw<readonly SavedAugmentation[]>([]);
  size = $state.raw<InputSize>({ height: 28, width: 28, channels: 1 });
  image = $state<number | null>(null);
  seed = $state(1);
  /** The first of the epochs that are shown. */
  epoch = $state(1);
  drawn = $state.raw<Drawn | null>(null);
  failure = $state.raw<unknown>(null);
  /** The operation whose settings are open, and its pictures along its range. */
  open = $state<number | null>(null);
  strip = $state.raw<Drawn | null>(null);
  /** What a trained model says; null until it was asked about this spec. */
  check = $state.raw<{
    images: number;
    accuracy: number;
    operations: OperationEffect[];
  } | null>(null);
  checking = $state(false);
  /** Types whose warning the user has seen and overruled. */
  overruled = $state.raw<ReadonlySet<OperationType>>(new Set());

  readonly #api: FoveaClient;
  readonly #project: OpenProject;
  #suggested: AugmentationSpec | null = null;
  #drawing = false;
  /** How often drawing was asked for: what was asked while drawing is one more drawing. */
  #wanted = 0;
  #saving: ReturnType<typeof setTimeout> | undefined;

  constructor(api: FoveaClient, project: OpenProject) {
    this.#api = api;
    this.#project = project;
    project.on(['augmentations'], () => void this.readSaved());
    project.on(['classes'], () => void this.#suggestAnew());
    project.signal.addEventListener('abort', () => clearTimeout(this.#saving));
  }

  get classNames(): string[] {
    return this.#project.classes.map(({ name }) => name);
  }

  /** By class names, without those that were overruled. */
  get risks(): LabelRisk[] {
    if (!this.spec) return [];
    const { operations } = this.spec;
    return labelRisks(this.spec, this.classNames).filter(
      ({ operation }) => !this.overruled.has(operations[operation]!.type),
    );
  }

  /** What the model's accuracy becomes with this operation; null unless it was asked. */
  effectOf(index: number): OperationEffect | null {
    return this.check?.operations.find(({ operation }) => operation === index) ?? null;
  }

  async readSaved(): Promise<void> {
    this.saved = await this.#api.augmentation.list({ project: this.#project.id });
  }

  /** The project's newest, else what suits its images; and an image to see it on. */
  async load(size: InputSize | null, image: number | null): Promise<void> {
    await this.readSaved();
    if (size && !this.drawn) this.size = size;
    this.image ??= image;
    // What nobody chose yet follows the images that are there now.
    if (!this.spec || this.spec === this.#suggested) {
      this.spec = this.saved[0]?.spec ?? (await this.#suggest());
    }
    this.redraw();
  }

  /** Asks for the names itself: those that the page has may be of before an import. */
  async #suggest(): Promise<AugmentationSpec> {
    const classes = await this.#api.labels.classes.list({ project: this.#project.id });
    const classNames = classes.map(({ name }) => name);
    return (this.#suggested = suggestAugmentation({ ...this.size, classNames }).spec);
  }

  /** Until someone has chosen, the suggestion follows the classes. */
  async #suggestAnew(): Promise<void> {
    if (!this.spec || this.spec !== this.#suggested) return;
    const before = this.spec;
    try {
      const next = await this.#suggest();
      if (this.spec !== before || next === before) return;
      this.spec = next;
      this.#changed();
    } catch (error) {
      this.failure = error;
    }
  }

  /** Takes a preset, or what the project keeps under a name. */
  choose(name: string): void {
    const known = this.saved.map(({ spec }) => spec);
    const presets = augmentationPresets.map(({ spec }) => spec);
    const spec = [...known, ...presets].find((one) => one.name === name);
    if (!spec) return;
    this.spec = spec;
    this.#changed();
    this.open = null;
  }

  async remove(name: string): Promise<void> {
    await this.#api.augmentation.remove({ project: this.#project.id, name });
    await this.readSaved();
    this.spec = null;
    await this.load(null, null);
  }

  change(changes: Partial<Pick<AugmentationSpec, 'fill' | 'fillValue' | 'operations'>>): void {
    if (!this.spec) return;
    this.spec = { ...this.spec, ...changes, name: this.#ownName(this.spec.name) };
    this.#changed();
    this.#save();
  }

  changeOperation(index: number, changes: Partial<Operation>): void {
    if (!this.spec) return;
    const operations = this.spec.operations.map((one, at) =>
      at === index ? ({ ...one, ...changes } as Operation) : one,
    );
    this.change({ operations });
  }

  add(type: OperationType): void {
    if (!this.spec) return;
    const operations = [...this.spec.operations, operationCatalogue[type].initial];
    this.open = operations.length - 1;
    this.change({ operations });
  }

  drop(index: number): void {
    if (!this.spec) return;
    this.open = null;
    this.change({ operations: this.spec.operations.filter((_, at) => at !== index) });
  }

  /** One place up: within geometry and within colour, what is first is done first. */
  moveUp(index: number): void {
    if (!this.spec || index === 0) return;
    const operations = [...this.spec.operations];
    const [moved] = operations.splice(index, 1);
    operations.splice(index - 1, 0, moved!);
    if (this.open !== null) this.open = this.open === index ? index - 1 : null;
    this.change({ operations });
  }

  overrule(type: OperationType): void {
    this.overruled = new Set([...this.overruled, type]);
  }

  /** Draws what is shown anew; asked again while drawing, once more after. */
  redraw(): void {
    this.#wanted++;
    if (!this.#drawing) void this.#draw();
  }

  async checkWith(run: string): Promise<void> {
    const { spec } = this;
    if (!spec || this.checking) return;
    this.checking = true;
    try {
      const check = await this.#api.augmentation.check({ project: this.#project.id, run, spec });
      if (this.spec === spec) this.check = check;
    } finally {
      this.checking = false;
    }
  }

  #changed(): void {
    this.check = null;
    this.redraw();
  }

  /** A preset stays as it is: what is changed of it is the project's own. */
  #ownName(name: string): string {
    const preset = augmentationPresets.some((one) => one.spec.name === name);
    return preset ? `${name} (changed)` : name;
  }

  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => {
      const { spec } = this;
      if (!spec) return;
      this.#api.augmentation
        .save({ project: this.#project.id, spec })
        .catch((error: unknown) => (this.failure = error));
    }, saveDelayMs);
  }

  async #draw(): Promise<void> {
    this.#drawing = true;
    try {
      for (let drawn = 0; drawn !== this.#wanted;) {
        drawn = this.#wanted;
        await this.#drawOnce();
      }
    } finally {
      this.#drawing = false;
    }
  }

  async #drawOnce(): Promise<void> {
    const { spec, image, epoch, open } = this;
    if (!spec || image === null) return;
    try {
      const epochs = Array.from({ length: drawsShown }, (_, at) => ({ epoch: epoch + at }));
      this.drawn = await this.#ask(spec, image, epochs);
      const one = open === null ? undefined : spec.operations[open];
      if (one) {
        const steps = Array.from({ length: stripSteps }, (_, at) => ({
          epoch,
          strength: at / (stripSteps - 1),
        }));
        const alone = { ...spec, operations: [{ ...one, on: true, probability: 1 }] };
        this.strip = await this.#ask(alone, image, steps);
      } else {
        this.strip = null;
      }
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  async #ask(spec: AugmentationSpec, image: number, draws: ImageDraw[]): Promise<Drawn> {
    const { size, seed } = this;
    const started = performance.now();
    const answer = await this.#api.augmentation.preview({
      project: this.#project.id,
      image,
      spec,
      seed,
      size,
      draws,
    });
    const all = new Uint8Array(await answer.pixels.arrayBuffer());
    const bytes = size.height * size.width * size.channels;
    return {
      size,
      original: all.subarray(0, bytes),
      draws: draws.map(({ epoch }, at) => ({
        epoch,
        pixels: all.subarray((at + 1) * bytes, (at + 2) * bytes),
        done: answer.drawn[at] ?? [],
      })),
      milliseconds: performance.now() - started,
    };
  }
}

const states = new WeakMap<OpenProject, AugmentState>();

/** The one for a project, made on first use. */
export function augmentState(app: AppState, project: OpenProject): AugmentState {
  let state = states.get(project);
  if (!state) {
    state = new AugmentState(app.api, project);
    states.set(project, state);
  }
  return state;
}
