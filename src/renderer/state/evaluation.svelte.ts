/** One run's answers on one split: the report, and the images behind a cell of its matrix. */
import { SvelteMap } from 'svelte/reactivity';
import type {
  Checkpoint,
  Comparison,
  EvaluationReport,
  FoveaClient,
  Prediction,
  Split,
} from '#shared/contract/index.ts';

/** What is looked at: a cell, a whole row or column, all mistakes. Indices in the run's classes. */
export interface CellQuery {
  truth?: number;
  predicted?: number;
  correct?: boolean;
}

const page = 200;

export class EvaluationState {
  runId = $state<string | null>(null);
  split = $state<Split>('test');
  checkpoint = $state<Checkpoint>('best');

  report = $state.raw<EvaluationReport | null>(null);
  /** The report for the present choice is being read. */
  reading = $state(false);
  failure = $state.raw<unknown>(null);
  /** The job that evaluates the present choice; null when none runs. */
  jobId = $state<string | null>(null);

  /** The run that this one is compared with; null: none. */
  beforeId = $state<string | null>(null);
  comparison = $state.raw<Comparison | null>(null);
  /** The job that evaluates that other run first. */
  beforeJob = $state<string | null>(null);

  query = $state.raw<CellQuery | null>(null);
  images = $state.raw<readonly Prediction[]>([]);
  total = $state(0);
  readingImages = $state(false);
  /** Labels given here: image → class name; the report itself is older. */
  readonly relabeled = new SvelteMap<number, string | null>();

  readonly #client: FoveaClient;
  readonly #project: string;
  #reads = 0;
  #imageReads = 0;

  constructor(client: FoveaClient, project: string) {
    this.#client = client;
    this.#project = project;
  }

  /** Chooses what to look at, and reads its report. */
  async choose(choice: { run?: string; split?: Split; checkpoint?: Checkpoint }): Promise<void> {
    const before = this.#key();
    if (choice.run !== undefined) this.runId = choice.run;
    if (choice.split !== undefined) this.split = choice.split;
    if (choice.checkpoint !== undefined) this.checkpoint = choice.checkpoint;
    if (this.#key() !== before) {
      this.report = null;
      this.jobId = null;
      this.stopComparing();
      this.closeCell();
      this.relabeled.clear();
    }
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const mine = ++this.#reads;
    const run = this.runId;
    if (run === null) return;
    this.reading = true;
    try {
      const report = await this.#client.evaluation.report(this.#target(run));
      if (mine !== this.#reads) return;
      if (report && this.report && report.at !== this.report.at) this.relabeled.clear();
      this.report = report;
      this.failure = null;
      if (report && this.beforeId !== null) await this.#readComparison();
    } catch (error) {
      if (mine === this.#reads) this.failure = error;
    } finally {
      if (mine === this.#reads) this.reading = false;
    }
  }

  async start(): Promise<string | null> {
    if (this.runId === null) return null;
    const { job } = await this.#client.evaluation.start(this.#target(this.runId));
    this.jobId = job;
    return job;
  }

  /** The job has ended, well or not. */
  async ended(): Promise<void> {
    this.jobId = null;
    await this.refresh();
    if (this.query) await this.openCell(this.query);
  }

  /** Holds the report against another run; that one is evaluated on the same images if need be. */
  async compareWith(run: string): Promise<void> {
    this.beforeId = run;
    this.comparison = null;
    this.beforeJob = null;
    const known = await this.#client.evaluation.report(this.#target(run));
    if (this.beforeId !== run) return;
    if (known) {
      await this.#readComparison();
    } else {
      const { job } = await this.#client.evaluation.start(this.#target(run));
      this.beforeJob = job;
    }
  }

  /** The job that evaluates the other run has ended. */
  async compared(): Promise<void> {
    this.beforeJob = null;
    await this.#readComparison();
  }

  stopComparing(): void {
    this.beforeId = null;
    this.comparison = null;
    this.beforeJob = null;
  }

  async #readComparison(): Promise<void> {
    const before = this.beforeId;
    if (before === null || this.runId === null) return;
    try {
      const comparison = await this.#client.evaluation.compare({
        ...this.#target(this.runId),
        before: { run: before, checkpoint: this.checkpoint },
      });
      if (this.beforeId === before) this.comparison = comparison;
    } catch (error) {
      if (this.beforeId !== before) return;
      this.stopComparing();
      this.failure = error;
    }
  }

  async openCell(query: CellQuery): Promise<void> {
    this.query = query;
    this.images = [];
    this.total = 0;
    await this.#readImages(0);
  }

  /** The next page of the open cell, if there is one. */
  async more(): Promise<void> {
    if (this.readingImages || this.images.length >= this.total) return;
    await this.#readImages(this.images.length);
  }

  closeCell(): void {
    this.#imageReads++;
    this.query = null;
    this.images = [];
    this.total = 0;
    this.readingImages = false;
  }

  /** Gives an image another class, where the mistake was seen. */
  async relabel(image: number, classId: number | null, className: string | null): Promise<void> {
    await this.#client.labels.assign({ project: this.#project, images: [image], classId });
    this.relabeled.set(image, className);
  }

  /** The label given here was taken back. */
  forgetRelabel(image: number): void {
    this.relabeled.delete(image);
  }

  async #readImages(offset: number): Promise<void> {
    const mine = ++this.#imageReads;
    if (this.runId === null || this.query === null) return;
    this.readingImages = true;
    try {
      const { total, predictions } = await this.#client.evaluation.cell({
        ...this.#target(this.runId),
        ...this.query,
        offset,
        limit: page,
      });
      if (mine !== this.#imageReads) return;
      this.total = total;
      this.images = offset === 0 ? predictions : [...this.images, ...predictions];
    } catch (error) {
      if (mine === this.#imageReads) this.failure = error;
    } finally {
      if (mine === this.#imageReads) this.readingImages = false;
    }
  }

  #target(run: string) {
    return { project: this.#project, run, split: this.split, checkpoint: this.checkpoint };
  }

  #key(): string {
    return `${this.runId ?? ''}/${this.split}/${this.checkpoint}`;
  }
}
