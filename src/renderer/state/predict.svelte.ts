/** Pictures given to a model, and what it says of them, as the answers come. */
import type {
  BackboneDetails,
  Checkpoint,
  FilePrediction,
  FoveaClient,
  Prediction,
} from '#shared/contract/index.ts';

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

export interface LibraryImage {
  id: number;
  name: string;
}

type Source =
  | { kind: 'files'; files: readonly PredictFile[] }
  | { kind: 'images'; images: readonly LibraryImage[] };

/** Who says what pictures are. */
type Asked =
  { project: string; backbone: string } | { project: string; run: string; checkpoint: Checkpoint };

/** As many library images as the core answers at once. */
export const mostImages = 1000;
/** Files whose bytes travel are sent in parts, so that memory holds only one part of them. */
const partFiles = 64;
/** Longest edge of the pictures that come with the answers; the window keeps all of them. */
function thumbnailEdge(files: number): number {
  if (files <= 50) return 320;
  return files <= 1000 ? 160 : 64;
}

const partBytes = 32e6;
/** Answers come by the thousand; the view hears of them a few times a second. */
const publishMs = 100;

export class PredictState {
  runId = $state<string | null>(null);
  checkpoint = $state<Checkpoint>('best');
  /** A pretrained network that is asked in place of the run. */
  network = $state.raw<BackboneDetails | null>(null);
  items = $state.raw<readonly PredictItem[]>([]);
  /** Item that is shown large. */
  openId = $state<number | null>(null);
  busy = $state(false);
  failure = $state.raw<unknown>(null);

  readonly #client: FoveaClient;
  readonly #project: string;
  #source: Source | null = null;
  #abort: AbortController | null = null;
  #working: PredictItem[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
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

  /** Changes the model and asks it about the same pictures. */
  async choose(choice: { run?: string; checkpoint?: Checkpoint }): Promise<void> {
    const changed =
      (choice.run !== undefined && choice.run !== this.runId) ||
      (choice.checkpoint !== undefined && choice.checkpoint !== this.checkpoint);
    const left = choice.run !== undefined && this.network !== null;
    if (left) this.network = null;
    if (choice.run !== undefined) this.runId = choice.run;
    if (choice.checkpoint !== undefined) this.checkpoint = choice.checkpoint;
    if ((changed || left) && this.#source) await this.#ask(this.#source);
  }

  /** Asks a pretrained network about the same pictures. */
  async chooseNetwork(network: BackboneDetails): Promise<void> {
    if (this.network?.sha256 === network.sha256) return;
    this.network = network;
    if (this.#source) await this.#ask(this.#source);
  }

  /** Who is asked; null before anybody was chosen. */
  get #asked() {
    if (this.network) return { project: this.#project, backbone: this.network.sha256 };
    const { runId: run, checkpoint } = this;
    return run === null ? null : { project: this.#project, run, checkpoint };
  }

  async files(files: readonly PredictFile[]): Promise<void> {
    if (files.length > 0) await this.#ask({ kind: 'files', files });
  }

  /** Images of the library, at most `mostImages`. */
  async images(images: readonly LibraryImage[]): Promise<void> {
    if (images.length > 0) await this.#ask({ kind: 'images', images: images.slice(0, mostImages) });
  }

  /** Stops asking; what was answered stays. */
  cancel(): void {
    this.#abort?.abort();
  }

  clear(): void {
    this.cancel();
    this.#abort = null;
    this.#source = null;
    this.#working = [];
    this.#publish();
    this.openId = null;
    this.busy = false;
    this.failure = null;
    this.#release();
  }

  async #ask(source: Source): Promise<void> {
    const asked = this.#asked;
    if (asked === null) return;
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#source = source;
    this.#release();
    this.failure = null;
    this.#working =
      source.kind === 'files'
        ? source.files.map((file) => this.#fileItem(file, source.files.length === 1))
        : source.images.map(({ id, name }) => this.#item(name, id));
    this.#publish();
    this.openId = this.#working[0]?.id ?? null;
    this.busy = true;
    try {
      if (source.kind === 'files') await this.#askFiles(asked, source.files, abort.signal);
      else await this.#askImages(asked, source.images, abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) this.failure = error;
    } finally {
      if (this.#abort === abort) {
        this.#abort = null;
        this.busy = false;
        // What was not asked any more is not waiting any more.
        this.#working = this.#working.filter((item) => item.state !== 'waiting');
        this.#publish();
      }
    }
  }

  async #askFiles(asked: Asked, files: readonly PredictFile[], signal: AbortSignal): Promise<void> {
    for (const part of inParts(files)) {
      const answers = await this.#client.predict.files(
        {
          ...asked,
          files: files.slice(part.start, part.end),
          thumbnailEdge: thumbnailEdge(files.length),
        },
        { signal },
      );
      for await (const answer of answers) {
        if (signal.aborted) return;
        this.#take(part.start + answer.index, answer);
      }
      if (signal.aborted) return;
    }
  }

  #take(index: number, answer: FilePrediction): void {
    const item = this.#working[index];
    if (!item) return;
    this.#working[index] =
      'error' in answer
        ? { ...item, state: 'failed', error: naming(answer.error, item.file) }
        : {
            ...item,
            state: 'done',
            prediction: answer.prediction,
            picture: item.picture ?? answer.thumbnail,
          };
    this.#timer ??= setTimeout(() => this.#publish(), publishMs);
  }

  async #askImages(
    asked: Asked,
    images: readonly LibraryImage[],
    signal: AbortSignal,
  ): Promise<void> {
    const predictions = await this.#client.predict.images(
      {
        ...asked,
        images: images.map((image) => image.id),
      },
      { signal },
    );
    if (signal.aborted) return;
    this.#working = withAnswers(this.#working, predictions);
  }

  #publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.items = [...this.#working];
  }

  #fileItem(file: PredictFile, alone: boolean): PredictItem {
    if (typeof file === 'string') return this.#item(file, null);
    const item = this.#item(file.name, null);
    // One dropped picture is shown as it is; of many, the small ones that come with the answers.
    if (!alone) return item;
    const url = URL.createObjectURL(file);
    this.#urls.push(url);
    return { ...item, picture: url };
  }

  #item(file: string, image: number | null): PredictItem {
    return {
      id: this.#next++,
      file,
      image,
      picture: null,
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

/** What is wrong with sent bytes is said of 'the image'; the user knows it by its name. */
function naming(error: string, file: string): string {
  return error.replace(/^the image\b/, () => file);
}

/** Items in their order with their answers; an image without one has a file that cannot be read. */
function withAnswers(
  items: readonly PredictItem[],
  predictions: readonly Prediction[],
): PredictItem[] {
  let next = 0;
  return items.map((item) => {
    const prediction = predictions[next];
    if (prediction?.image !== item.image) return { ...item, state: 'failed' };
    next++;
    return { ...item, state: 'done', prediction };
  });
}

/** Ranges of files to send at once: paths all together, files with bytes a few at a time. */
function inParts(files: readonly PredictFile[]): { start: number; end: number }[] {
  const parts: { start: number; end: number }[] = [];
  let start = 0;
  let bytes = 0;
  files.forEach((file, index) => {
    const size = typeof file === 'string' ? 0 : file.size;
    const full = size > 0 && (bytes + size > partBytes || index - start >= partFiles);
    if (full && index > start) {
      parts.push({ start, end: index });
      start = index;
      bytes = 0;
    }
    bytes += size;
  });
  parts.push({ start, end: files.length });
  return parts;
}
