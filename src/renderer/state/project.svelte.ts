/** The open project: its summary, classes and label state, kept current by the core's change feed. */
import type {
  ChangeTopic,
  ClassInfo,
  FoveaClient,
  LabelState,
  ProjectChange,
  ProjectSummary,
} from '#shared/contract/index.ts';
import { imageUrl, thumbnailSizeFor, thumbnailUrl } from '#shared/media-urls.ts';

/** What a view draws of a class. */
export interface ClassLook {
  name: string;
  color: string;
  /** 0 for the first class of a colour, then 1, 2, …: see ui/ClassSwatch. */
  pattern: number;
}

type Listener = (change: ProjectChange) => void;

export class OpenProject {
  readonly id: string;
  summary = $state.raw<ProjectSummary>() as ProjectSummary;
  classes = $state.raw<readonly ClassInfo[]>([]);
  labels = $state.raw<LabelState>({ total: 0, labeled: 0, undo: null, redo: null });
  readonly #looks = $derived(looksOf(this.classes));
  readonly #api: FoveaClient;
  readonly #listeners = new Map<Listener, readonly ChangeTopic[]>();
  readonly #abort = new AbortController();

  constructor(api: FoveaClient, summary: ProjectSummary) {
    this.#api = api;
    this.id = summary.id;
    this.summary = summary;
  }

  /** Ends the feed; the view of this project is over. */
  dispose(): void {
    this.#abort.abort();
    this.#listeners.clear();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async load(): Promise<void> {
    const [summary, classes, labels] = await Promise.all([
      this.#api.projects.get({ project: this.id }),
      this.#api.labels.classes.list({ project: this.id }),
      this.#api.labels.state({ project: this.id }),
    ]);
    this.summary = summary;
    this.classes = classes;
    this.labels = labels;
  }

  /** Calls back on changes of any of `topics`, until the returned function is called. */
  on(topics: readonly ChangeTopic[], listener: Listener): () => void {
    this.#listeners.set(listener, topics);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the change feed until it ends or the project is closed. */
  async follow(): Promise<void> {
    const feed = await this.#api.projects.watch({ project: this.id }, { signal: this.signal });
    for await (const change of feed) this.announce(change);
  }

  /** Tells the views of a change. */
  announce(change: ProjectChange): void {
    for (const [listener, topics] of this.#listeners) {
      if (change.topics.some((topic) => topics.includes(topic))) listener(change);
    }
  }

  classById(id: number | null): ClassInfo | undefined {
    return id === null ? undefined : this.classes.find((info) => info.id === id);
  }

  /** Name, colour and pattern of a class id; undefined for a class that is gone. */
  look(id: number | null): ClassLook | undefined {
    return id === null ? undefined : this.#looks.byId.get(id);
  }

  /** For runs, which know classes by name. */
  lookByName(name: string): ClassLook | undefined {
    return this.#looks.byName.get(name);
  }

  /** Thumbnail for an edge of `cssPixels` on this screen. */
  thumbnail(image: number, cssPixels: number): string {
    const ratio = typeof devicePixelRatio === 'number' ? devicePixelRatio : 1;
    return thumbnailUrl(this.id, image, thumbnailSizeFor(cssPixels * ratio));
  }

  picture(image: number): string {
    return imageUrl(this.id, image);
  }
}

function looksOf(classes: readonly ClassInfo[]): {
  byId: Map<number, ClassLook>;
  byName: Map<string, ClassLook>;
} {
  const used = new Map<string, number>();
  const byId = new Map<number, ClassLook>();
  const byName = new Map<string, ClassLook>();
  for (const { id, name, color } of classes) {
    const pattern = used.get(color) ?? 0;
    used.set(color, pattern + 1);
    const look = { name, color, pattern };
    byId.set(id, look);
    byName.set(name, look);
  }
  return { byId, byName };
}
