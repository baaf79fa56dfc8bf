/**
 * What the screens for training, evaluating, predicting and exporting know of a project. It outlives
 * the screens, so that going to another stage and back loses nothing, and it listens to the
 * project's changes for all of them.
 */
import { suggestsTransfer, type TransferChoice } from '#shared/backbone-model.ts';
import type { BackboneInfo, Job, SplitSummary } from '#shared/contract/index.ts';
import type { AppState } from './app.svelte.ts';
import { EvaluationState } from './evaluation.svelte.ts';
import { ExportsState } from './exports.svelte.ts';
import { classesNeeded, ModelsState } from './models.svelte.ts';
import { NetworksState } from './networks.svelte.ts';
import { PredictState } from './predict.svelte.ts';
import type { OpenProject } from './project.svelte.ts';
import { StudiesState } from './studies.svelte.ts';
import { SuspectsState } from './suspects.svelte.ts';
import { RunsState } from './runs.svelte.ts';
import { TrainForm } from './train-form.svelte.ts';

export class ModelWork {
  readonly runs: RunsState;
  readonly models: ModelsState;
  readonly form: TrainForm;
  readonly evaluation: EvaluationState;
  readonly predict: PredictState;
  readonly exports: ExportsState;
  readonly studies: StudiesState;
  readonly suspects: SuspectsState;
  readonly networks: NetworksState;
  /** Null until it was read. */
  splits = $state.raw<SplitSummary | null>(null);

  readonly #app: AppState;
  readonly #project: OpenProject;

  constructor(app: AppState, project: OpenProject) {
    this.#app = app;
    this.#project = project;
    this.runs = new RunsState(app.api, project.id);
    this.models = new ModelsState(app.api, project.id, () => classesNeeded(project.classes));
    this.form = new TrainForm(app.api, project.id);
    this.evaluation = new EvaluationState(app.api, project.id);
    this.predict = new PredictState(app.api, project.id);
    this.exports = new ExportsState(app.api, project.id);
    this.studies = new StudiesState(app.api, project.id);
    this.suspects = new SuspectsState(app.api, project.id);
    this.networks = new NetworksState(app.api);
    this.#listen();
  }

  /** Reads what may have changed while nobody listened: at first, and after a lost connection. */
  async load(): Promise<void> {
    await Promise.all([
      this.runs.load(),
      this.#app.attempt(() => this.models.load()),
      this.#app.attempt(() => this.networks.load()),
      this.#readSplits(),
      this.exports.load(),
      this.evaluation.refresh(),
      this.studies.refresh(),
      this.suspects.refresh(),
    ]);
    const { validation, test } = this.splits ?? { validation: 0, test: 0 };
    if (!this.form.chosen) this.form.suggestValidation({ validation, test });
    if (this.form.chosen) return;
    const network = this.suggestedNetwork;
    if (network) await this.#app.attempt(() => this.useNetwork(network.sha256));
    this.form.suggest(this.runs.presets, this.models.recipes);
  }

  /** The network of the app, where the images are photos with few labels. */
  get suggestedNetwork(): BackboneInfo | null {
    const [recipe] = this.models.recipes;
    if (!recipe || !suggestsTransfer(recipe)) return null;
    return this.networks.list?.find(({ boxed }) => boxed) ?? null;
  }

  /** Takes a pretrained network as the model of the next run. */
  async useNetwork(sha256: string, chosen?: Partial<TransferChoice>): Promise<void> {
    const network = await this.networks.details(sha256);
    const { train, total } = this.splits ?? { train: 0, total: 0 };
    const grey = this.models.recipes[0]?.input.channels === 1;
    const labels = train > 0 ? train : Math.min(total, this.#project.summary.labeled);
    this.form.useNetwork(network, { labels, grey }, chosen);
  }

  async #readSplits(): Promise<void> {
    const splits = await this.#app.attempt(() =>
      this.#app.api.library.splits.summary({ project: this.#project.id }),
    );
    if (splits) this.splits = splits;
  }

  #listen(): void {
    const project = this.#project;
    project.on(['runs'], () => void this.runs.refresh());
    project.on(['models'], () => {
      void this.#app.attempt(() => this.models.load());
      this.form.replan();
    });
    project.on(['labels', 'images', 'classes', 'splits'], () => {
      void this.#readSplits();
      // Labels decide what a run and a report are worth.
      void this.runs.refresh();
      void this.evaluation.refresh();
      void this.studies.refresh();
      void this.suspects.refresh();
      this.form.replan(1000);
    });
    project.on(['evaluations'], () => void this.evaluation.refresh());
    project.on(['exports'], () => void this.exports.load());
    project.on(['studies'], () => void this.studies.refresh());
    const unlisten = this.#app.jobs.onEnd((job) => this.#jobEnded(job));
    project.signal.addEventListener('abort', () => {
      unlisten();
      this.runs.close();
      this.predict.clear();
    });
  }

  #jobEnded(job: Job): void {
    if (job.id === this.evaluation.jobId) void this.evaluation.ended();
    if (job.id === this.evaluation.beforeJob) void this.evaluation.compared();
    if (job.id === this.exports.jobId) {
      void this.exports.ended(job.result?.type === 'export' ? job.result.export : null);
    }
  }
}

const works = new WeakMap<OpenProject, ModelWork>();

/** The one for a project, made on first use. */
export function modelWork(app: AppState, project: OpenProject): ModelWork {
  let work = works.get(project);
  if (!work) {
    work = new ModelWork(app, project);
    works.set(project, work);
  }
  return work;
}
