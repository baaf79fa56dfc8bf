/** What will be trained next: the settings, and what the core says of them before they start. */
import { transferTraining, usualHead, type TransferChoice } from '#shared/backbone-model.ts';
import type {
  BackboneDetails,
  FoveaClient,
  ModelChoice,
  ModelSummary,
  PresetInfo,
  RecipeInfo,
  Run,
  SavedModelInfo,
  TrainOptions,
  TrainPlan,
} from '#shared/contract/index.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { isImported } from './live-run.svelte.ts';

const planDelayMs = 200;
/** Of a run that goes on with an imported model. */
const importedEpochs = 10;
/** A model that is only passed by is not timed. */
const timeDelayMs = 1000;

export type ValidateKind = 'validation' | 'test' | 'fraction' | 'none';

/** A pretrained network that is trained on, and what is chosen about it. */
export interface Transfer {
  network: BackboneDetails;
  choice: TransferChoice;
  /** Labels to learn from, which the epochs go by. */
  labels: number;
}

/** With augmentation and nothing of a network learning: looked at once, yet varied. */
const usualCopies = 10;

export class TrainForm {
  model = $state.raw<ModelChoice>({ kind: 'preset', preset: '' });
  name = $state('');
  epochs = $state(10);
  batch = $state(32);
  learningRate = $state(0.001);
  schedule = $state.raw<TrainOptions['schedule']>({ type: 'constant' });
  /** Null: the model's own. */
  optimizer = $state.raw<TrainOptions['optimizer']>(null);
  earlyStop = $state.raw<TrainOptions['earlyStop']>(null);
  seed = $state(1);
  trainLimit = $state<number | null>(null);
  validate = $state<ValidateKind>('validation');
  /** Share of the training images held out, per cent. */
  heldOut = $state(20);
  engine = $state<TrainOptions['engine']>('auto');
  /** How training images are varied; null: not at all. */
  augment = $state.raw<TrainOptions['augment']>(null);
  /** How weights are averaged over the steps; null: not at all. */
  averaging = $state.raw<TrainOptions['averaging']>(null);
  /** How the trained model looks at an image; null: once, as it is. */
  views = $state.raw<TrainOptions['views']>(null);
  /** How images without a label are learned from; null: not at all. */
  unlabeled = $state.raw<TrainOptions['unlabeled']>(null);
  /** Epochs from one validation to the next. */
  validateEvery = $state(1);
  /** Its last epochs, in which more of a pretrained network learns; null: none. */
  finetune = $state.raw<TrainOptions['finetune']>(null);
  featureCopies = $state.raw<TrainOptions['featureCopies']>(null);
  film = $state(true);
  /** The run whose weights it begins with; null: random ones. */
  startFrom = $state.raw<TrainOptions['startFrom']>(null);

  /** Null: another model. */
  transfer = $state.raw<Transfer | null>(null);

  plan = $state.raw<TrainPlan | null>(null);
  /** Layers of the chosen model. */
  summary = $state.raw<ModelSummary | null>(null);
  /** Why there is no plan. */
  failure = $state.raw<unknown>(null);
  planning = $state(false);
  /** A few steps are being timed, to say how long it takes. */
  timing = $state(false);

  readonly #client: FoveaClient;
  readonly #project: string;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timeTimer: ReturnType<typeof setTimeout> | undefined;
  #timed: AbortController | undefined;
  #chosen = false;
  /** What the chosen recipe says, until the user says otherwise. */
  #recipeEpochs: number | null = null;

  constructor(client: FoveaClient, project: string) {
    this.#client = client;
    this.#project = project;
  }

  get options(): TrainOptions {
    return {
      model: this.model,
      epochs: this.epochs,
      batch: this.batch,
      learningRate: this.learningRate,
      schedule: this.schedule,
      optimizer: this.optimizer,
      earlyStop: this.earlyStop,
      seed: this.seed,
      trainLimit: this.trainLimit,
      validateOn:
        this.validate === 'none'
          ? { kind: 'none' }
          : this.validate === 'fraction'
            ? { kind: 'fraction', fraction: this.heldOut / 100 }
            : { kind: 'split', split: this.validate },
      engine: this.engine,
      augment: this.augment,
      averaging: this.averaging,
      views: this.views,
      unlabeled: this.unlabeled,
      validateEvery: this.validateEvery,
      finetune: this.finetune,
      featureCopies: this.featureCopies,
      film: this.film,
      startFrom: this.startFrom,
    };
  }

  /** Whether a model was chosen: until then nothing is planned. */
  get chosen(): boolean {
    return this.#chosen;
  }

  /** By the newest plan; while the next one is awaited, by the one before (see `settle`). */
  get canStart(): boolean {
    return this.plan !== null && this.plan.problems.length === 0;
  }

  usePreset({ id, defaults }: PresetInfo): void {
    this.useModel({ kind: 'preset', preset: id }, defaults);
  }

  /** Takes a model with the settings that go with it; what to validate on stays. */
  useModel(model: ModelChoice, defaults: PresetInfo['defaults']): void {
    this.model = model;
    this.transfer = null;
    this.#recipeEpochs = null;
    this.epochs = defaults.epochs;
    this.batch = defaults.batch;
    this.learningRate = defaults.learningRate;
    this.schedule = defaults.schedule;
    this.optimizer = null;
    this.earlyStop = defaults.earlyStop;
    this.trainLimit = defaults.trainLimit;
    this.augment = defaults.augment;
    this.averaging = defaults.averaging;
    this.views = defaults.views;
    this.unlabeled = defaults.unlabeled;
    this.validateEvery = defaults.validateEvery;
    this.finetune = null;
    this.featureCopies = null;
    this.#chosen = true;
  }

  /** A model from the editor: as the project keeps it, or as it stands there, with the settings as they are. */
  useEdited(spec: ModelSpec, saved: SavedModelInfo | null): void {
    if (saved) {
      this.useModel({ kind: 'saved', model: saved.id }, saved.defaults);
      return;
    }
    this.model = { kind: 'spec', spec };
    this.transfer = null;
    this.optimizer = null;
    this.#chosen = true;
  }

  /** A pretrained network: nothing of it learns, the usual head, unless chosen otherwise. */
  useNetwork(
    network: BackboneDetails,
    { labels, grey }: { labels: number; grey: boolean },
    chosen: Partial<TransferChoice> = {},
  ): void {
    const channels = grey ? 1 : undefined;
    const choice = { head: usualHead, twoPhase: false, channels, ...chosen };
    const { spec, settings, finetune } = transferTraining(network, choice, labels);
    this.useModel({ kind: 'spec', spec }, settings);
    this.finetune = finetune;
    this.featureCopies = usualCopies;
    this.transfer = { network, choice, labels };
  }

  /** The second part keeps its length, where there is room for both. */
  changeEpochs(epochs: number): void {
    const second = this.finetune ? this.epochs - this.finetune.after : 0;
    this.epochs = epochs;
    if (!this.finetune) return;
    const after = second < epochs ? epochs - second : Math.ceil(epochs / 2);
    this.finetune = { ...this.finetune, after: Math.max(1, after) };
  }

  /** Other choices about the same network; epochs change only with the number of parts. */
  changeTransfer(changes: Partial<TransferChoice>): void {
    if (!this.transfer) return;
    const { network, choice: before, labels } = this.transfer;
    const choice = { ...before, ...changes };
    const { spec, settings, finetune } = transferTraining(network, choice, labels);
    this.transfer = { network, choice, labels };
    this.model = { kind: 'spec', spec };
    if (choice.twoPhase !== before.twoPhase) {
      this.epochs = settings.epochs;
      this.finetune = finetune;
    } else if (this.finetune && finetune) {
      const { trainableFrom, rates } = finetune;
      const { rates: _, ...rest } = this.finetune;
      this.finetune = { ...rest, trainableFrom, ...(rates ? { rates } : {}) };
    }
  }

  /** The recipe that suits the labels, else the first preset, unless one was chosen already. */
  suggest(presets: readonly PresetInfo[], recipes: readonly RecipeInfo[]): void {
    const recipe = recipes.find(({ suggested }) => suggested);
    const first = presets[0];
    if (this.#chosen) return;
    if (recipe) this.useRecipe(recipe);
    else if (first) this.usePreset(first);
  }

  useRecipe({ id, defaults }: RecipeInfo): void {
    this.useModel({ kind: 'recipe', recipe: id }, defaults);
    this.#recipeEpochs = defaults.epochs;
  }

  /** Trains on so many images at most; a recipe's epochs follow unless the user changed them. */
  async limitTo(trainLimit: number | null): Promise<void> {
    this.trainLimit = trainLimit;
    const { model } = this;
    const follows = () => this.model === model && this.epochs === this.#recipeEpochs;
    if (model.kind !== 'recipe' || !follows()) return;
    const recipes = await this.#client.models.recipes({ project: this.#project, trainLimit });
    const own = recipes.find(({ id }) => id === model.recipe);
    // The answer to an earlier limit may come later.
    if (!own || this.trainLimit !== trainLimit || !follows()) return;
    this.epochs = this.#recipeEpochs = own.defaults.epochs;
  }

  /**
   * Validates on what there is: the validation split, else the test split, else a share of training.
   * Only before the user chose a preset or a run to repeat.
   */
  suggestValidation(images: { validation: number; test: number }): void {
    if (images.validation > 0) this.validate = 'validation';
    else if (images.test > 0) this.validate = 'test';
    else this.validate = 'fraction';
  }

  /** The settings of an earlier run. */
  repeat(run: Pick<Run, 'options' | 'spec'>): void {
    const { options } = run;
    // A saved model or a recipe's may be another by now: the run's own spec is what it was trained with.
    this.model = options.model.kind === 'preset' ? options.model : { kind: 'spec', spec: run.spec };
    this.transfer = null;
    this.#recipeEpochs = null;
    this.epochs = options.epochs;
    this.batch = options.batch;
    this.learningRate = options.learningRate;
    this.schedule = options.schedule;
    this.optimizer = options.optimizer;
    this.earlyStop = options.earlyStop;
    this.seed = options.seed;
    this.trainLimit = options.trainLimit;
    this.engine = options.engine;
    this.augment = options.augment;
    this.averaging = options.averaging;
    this.views = options.views;
    this.unlabeled = options.unlabeled;
    this.validateEvery = options.validateEvery;
    this.finetune = options.finetune;
    this.featureCopies = options.featureCopies;
    this.film = options.film;
    this.startFrom = options.startFrom;
    const on = options.validateOn;
    this.validate = on.kind === 'split' ? on.split : on.kind;
    if (on.kind === 'fraction') this.heldOut = Math.round(on.fraction * 100);
    this.#chosen = true;
  }

  /** Goes on from what a run has learned, with its settings; an imported one has none of its own. */
  beginWith(run: Run, images: { validation: number; test: number } | null): void {
    this.repeat(run);
    if (isImported(run)) {
      this.epochs = importedEpochs;
      if (images) this.suggestValidation(images);
    }
    this.startFrom = { run: run.id, checkpoint: 'best' };
  }

  /** Asks for the plan of the present settings, once they have rested for a moment. */
  replan(delay = planDelayMs): void {
    if (!this.#chosen) return;
    clearTimeout(this.#timer);
    this.leaveTiming();
    this.planning = true;
    this.#timer = setTimeout(() => void this.#askPlan(), delay);
  }

  /**
   * Asks for the plan of the settings as they are now, at once. The Start button stays enabled while
   * a plan is awaited, since leaving a field asks for one and the click that left it must count.
   * @returns whether these settings can start
   */
  async settle(): Promise<boolean> {
    if (!this.#chosen) return false;
    clearTimeout(this.#timer);
    this.leaveTiming();
    this.planning = true;
    await this.#askPlan();
    return this.canStart;
  }

  async #askPlan(): Promise<void> {
    const mine = ++this.#asked;
    try {
      const plan = await this.#client.runs.plan({ project: this.#project, options: this.options });
      if (mine !== this.#asked) return;
      this.plan = plan;
      this.summary = plan.model.summary;
      this.failure = null;
    } catch (error) {
      if (mine !== this.#asked) return;
      this.plan = null;
      this.failure = error;
      this.summary = null;
    }
    if (mine === this.#asked) this.planning = false;
  }

  /** Has the chosen model timed, once nothing else was chosen for a moment; a guess before its first run. */
  timeSoon(): void {
    this.leaveTiming();
    this.#timeTimer = setTimeout(() => void this.#time(), timeDelayMs);
  }

  leaveTiming(): void {
    clearTimeout(this.#timeTimer);
    this.#timed?.abort();
    this.timing = false;
  }

  async #time(): Promise<void> {
    const asked = new AbortController();
    const { signal } = asked;
    this.#timed = asked;
    this.timing = true;
    try {
      const input = { project: this.#project, options: this.options };
      const estimateSeconds = await this.#client.runs.estimate(input, { signal });
      if (!signal.aborted && this.plan) this.plan = { ...this.plan, estimateSeconds };
    } catch {
      // Nothing is said of the time then; whatever is wrong shows when it starts.
    }
    if (this.#timed === asked) this.timing = false;
  }
}
