/** Pictures given to a model, and what it says of them, as the answers come. */
import type { Checkpoint, FoveaClient, Prediction } from '#shared/contract/index.ts';

/** A path on the desktop; a File where the browser has no paths. */
export type PredictFile = string | File;

export interface PredictItem {
  id: number;
  /** Path or file name. */
  file: string;
  /** The library's image, if it is one. */
  image: number | null;
  /** A small picture: a data or object URL; null until there is one, and for library images. */
  picture: string | null;
  state: 'waiting' | 'done' | 'failed';
  prediction: Prediction | null;
  error: string | null;
}

interface Source {
  files: readonly PredictFile[];
  images: readonly { id: number; name: string }[];
}

export class PredictState {
  runId = $state<string | null>(null);
  checkpoint = $state<Checkpoint>('best');
  items = $state.raw<readonly PredictItem[]>([]);
  /** Item that is shown large. */
  openId = $state<number | null>(null);
  busy = $state(false);
  failure = $state.raw<unknown>(null);

  readonly #client: FoveaClient;
  readonly #project: string;
  #source: Source = { files: [], images: [] };
  #abort: AbortController | null = null;
  #next = 1;
  #urls: string[] = [];

  constructor(client: FoveaClient, project: string) {
    this.#client = client;
    this.#project = project;
  }

  get open(): PredictItem | null {
    return this.items.find((item) => item.id === this.openId) ?? this.items[0] ?? null;
  }

  get done(): number {
    return this.items.filter((item) => item.state !== 'waiting').length;
  }

  get failed(): readonly PredictItem[] {
    return this.items.filter((item) => item.state === 'failed');
  }

  /** Changes the model and asks it about the same pictures. */
  async choose(choice: { run?: string; checkpoint?: Checkpoint }): Promise<void> {
    const changed =
      (choice.run !== undefined && choice.run !== this.runId) ||
      (choice.checkpoint !== undefined && choice.checkpoint !== this.checkpoint);
    if (choice.run !== undefined) this.runId = choice.run;
    if (choice.checkpoint !== undefined) this.checkpoint = choice.checkpoint;
    if (changed && this.items.length > 0) await this.#run();
  }

  async files(files: readonly PredictFile[]): Promise<void> {
    if (files.length === 0) return;
    this.#source = { files, images: [] };
    await this.#run();
  }

  /** Images of the library, at most 1,000. */
  async images(images: readonly { id: number; name: string }[]): Promise<void> {
    if (images.length === 0) return;
    this.#source = { files: [], images: images.slice(0, 1000) };
    await this.#run();
  }

  cancel(): void {
    this.#abort?.abort();
  }

  clear(): void {
    this.cancel();
    this.#source = { files: [], images: [] };
    this.items = [];
    this.openId = null;
    this.failure = null;
    this.#release();
  }

  async #run(): Promise<void> {
    if (this.runId === null) return;
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#release();
    this.failure = null;
    this.items = [
      ...this.#source.files.map((file) => this.#item(file)),
      ...this.#source.images.map(({ id, name }) => ({ ...this.#item(name), image: id })),
    ];
    this.openId = this.items[0]?.id ?? null;
    this.busy = true;
    try {
      if (this.#source.files.length > 0) await this.#predictFiles(this.runId, abort.signal);
      else await this.#predictImages(this.runId, abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) this.failure = error;
    } finally {
      if (this.#abort === abort) {
        this.#abort = null;
        this.busy = false;
        // What was not asked after a cancel is not waiting any more.
        this.items = this.items.filter((item) => item.state !== 'waiting');
      }
    }
  }

  async #predictFiles(run: string, signal: AbortSignal): Promise<void> {
    const base = this.items;
    const answers = await this.#client.predict.files(
      {
        project: this.#project,
        run,
        checkpoint: this.checkpoint,
        files: [...this.#source.files],
      },
      { signal },
    );
    for await (const answer of answers) {
      if (signal.aborted) return;
      const item = base[answer.index];
      if (!item) continue;
      this.#answer(
        item.id,
        'error' in answer
          ? { state: 'failed', error: answer.error }
          : {
              state: 'done',
              prediction: answer.prediction,
              picture: item.picture ?? answer.thumbnail,
            },
      );
    }
  }

  async #predictImages(run: string, signal: AbortSignal): Promise<void> {
    const items = this.items;
    const predictions = await this.#client.predict.images(
      {
        project: this.#project,
        run,
        checkpoint: this.checkpoint,
        images: this.#source.images.map((image) => image.id),
      },
      { signal },
    );
    if (signal.aborted) return;
    this.items = items.map((item, index) => {
      const prediction = predictions[index];
      return prediction ? { ...item, state: 'done' as const, prediction } : item;
    });
  }

  #answer(id: number, changes: Partial<PredictItem>): void {
    this.items = this.items.map((item) => (item.id === id ? { ...item, ...changes } : item));
  }

  #item(file: PredictFile): PredictItem {
    let picture: string | null = null;
    if (typeof file !== 'string' && this.#source.files.length === 1) {
      // One dropped picture is shown as it is; of many, the small ones that come with the answers.
      picture = URL.createObjectURL(file);
      this.#urls.push(picture);
    }
    return {
      id: this.#next++,
      file: typeof file === 'string' ? file : file.name,
      image: null,
      picture,
      state: 'waiting',
      prediction: null,
      error: null,
    };
  }

  #release(): void {
    for (const url of this.#urls) URL.revokeObjectURL(url);
    this.#urls = [];
  }
}
