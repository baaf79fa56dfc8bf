/**
 * The images of a grid: a still list of ids, and rows read as they come into view. Labels change under
 * the list without moving anything; what no longer fits is counted, and the user refreshes when he wants.
 */
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type {
  FoveaClient,
  ImageFilter,
  ImageRow,
  ImageSort,
  ProjectChange,
} from '#shared/contract/index.ts';
import { countNew, extendsList, matchesFilter, tidyFilter } from './image-filter.ts';

const CHUNK = 200;
/** At most this often the list is compared with the core's. */
const COMPARE_MS = 1_000;
/** Rows kept in memory; those out of view go first. */
const KEEP = 6_000;

export class ImageList {
  ids = $state.raw<readonly number[]>([]);
  /** Before the first answer. */
  loading = $state(true);
  filter = $state.raw<ImageFilter>({});
  sort = $state.raw<ImageSort>({ by: 'added', direction: 'ascending' });
  /** A fixed list from elsewhere (a cell of the confusion matrix) instead of a filter. */
  title = $state<string | null>(null);
  readonly rows = new SvelteMap<number, ImageRow>();
  /** Shown images that do not fit the filter any more, or are gone. */
  readonly unfit = new SvelteSet<number>();
  /** Images that fit but are not shown yet. */
  arrived = $state(0);

  readonly #api: FoveaClient;
  readonly #project: string;
  readonly #onError: (error: unknown) => void;
  readonly #wanted = new Set<number>();
  readonly #pending = new Set<number>();
  #generation = 0;
  #compareTimer: ReturnType<typeof setTimeout> | null = null;
  #disposed = false;

  constructor(api: FoveaClient, project: string, onError: (error: unknown) => void) {
    this.#api = api;
    this.#project = project;
    this.#onError = onError;
  }

  get stale(): boolean {
    return this.unfit.size > 0 || this.arrived > 0;
  }

  /** Shows what fits a filter, in an order. */
  async show(filter: ImageFilter, sort: ImageSort = this.sort): Promise<void> {
    this.filter = tidyFilter(filter);
    this.sort = sort;
    this.title = null;
    await this.refresh();
  }

  /** Shows exactly these images. */
  showFixed(ids: readonly number[], title: string): void {
    this.#generation++;
    this.filter = {};
    this.title = title;
    this.#replace(ids);
    this.loading = false;
  }

  /** Takes a new snapshot. */
  async refresh(): Promise<void> {
    if (this.title !== null) {
      this.#replace(this.ids.filter((id) => !this.unfit.has(id)));
      return;
    }
    const generation = ++this.#generation;
    try {
      const ids = await this.#query();
      if (generation === this.#generation) this.#replace(ids);
    } catch (error) {
      this.#onError(error);
    } finally {
      if (generation === this.#generation) this.loading = false;
    }
  }

  /** Says which indices are in view; missing rows are read. */
  want(first: number, last: number): void {
    this.#wanted.clear();
    for (const id of this.ids.slice(first, last)) this.#wanted.add(id);
    const missing = [...this.#wanted].filter((id) => !this.rows.has(id) && !this.#pending.has(id));
    for (let at = 0; at < missing.length; at += CHUNK)
      void this.#read(missing.slice(at, at + CHUNK));
    this.#forgetFar();
  }

  /** Makes sure that one row is known, wherever it is. */
  async ensure(id: number): Promise<ImageRow | undefined> {
    if (!this.rows.has(id) && !this.#pending.has(id)) await this.#read([id]);
    return this.rows.get(id);
  }

  /** Shows a change before the core has answered. */
  patch(ids: readonly number[], change: Partial<ImageRow>): void {
    for (const id of ids) {
      const row = this.rows.get(id);
      if (row) this.#set({ ...row, ...change });
    }
  }

  /** The core says that something changed. */
  changed(change: ProjectChange): void {
    const known = change.images?.filter((id) => this.rows.has(id)) ?? [...this.rows.keys()];
    for (let at = 0; at < known.length; at += CHUNK) void this.#read(known.slice(at, at + CHUNK));
    this.#compareSoon();
  }

  /**
   * An undone step touched these images. Those that come back into the list show at once: the user
   * asked for them, so they do not wait for a refresh as others' new images do.
   */
  async bringBack(images: readonly number[]): Promise<void> {
    this.changed({ topics: ['labels'], images: [...images] });
    const present = new Set(this.ids);
    const gone = images.filter((id) => !present.has(id));
    if (gone.length === 0 || this.title !== null) return;
    const generation = this.#generation;
    try {
      const next = await this.#query();
      const found = new Set(next);
      const back = gone.some((id) => found.has(id));
      if (back && generation === this.#generation) this.#replace(next);
    } catch (error) {
      if (!this.#disposed) this.#onError(error);
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#generation++;
    if (this.#compareTimer) clearTimeout(this.#compareTimer);
  }

  #query(): Promise<number[]> {
    return this.#api.library.images.ids({
      project: this.#project,
      filter: this.filter,
      sort: this.sort,
    });
  }

  #replace(ids: readonly number[]): void {
    this.ids = ids;
    this.unfit.clear();
    this.arrived = 0;
  }

  async #read(ids: number[]): Promise<void> {
    for (const id of ids) this.#pending.add(id);
    try {
      const rows = await this.#api.library.images.rows({ project: this.#project, ids });
      if (this.#disposed) return;
      const found = new Set<number>();
      for (const row of rows) {
        found.add(row.id);
        this.#set(row);
      }
      // A shown image that the core does not know any more was removed.
      for (const id of ids) if (!found.has(id)) this.unfit.add(id);
    } catch (error) {
      if (!this.#disposed) this.#onError(error);
    } finally {
      for (const id of ids) this.#pending.delete(id);
    }
  }

  #set(row: ImageRow): void {
    this.rows.set(row.id, row);
    if (this.title === null && !matchesFilter(this.filter, row)) this.unfit.add(row.id);
    else this.unfit.delete(row.id);
  }

  #compareSoon(): void {
    if (this.title !== null) return;
    this.#compareTimer ??= setTimeout(() => {
      this.#compareTimer = null;
      void this.#compare();
    }, COMPARE_MS);
  }

  /** New images at the end are shown at once; anything that would move others waits for a refresh. */
  async #compare(): Promise<void> {
    const generation = this.#generation;
    try {
      const next = await this.#query();
      if (this.#disposed || generation !== this.#generation) return;
      if (extendsList(this.ids, next)) {
        this.ids = next;
        this.arrived = 0;
      } else {
        this.arrived = countNew(this.ids, next);
      }
    } catch (error) {
      if (!this.#disposed) this.#onError(error);
    }
  }

  #forgetFar(): void {
    if (this.rows.size <= KEEP) return;
    for (const id of this.rows.keys()) {
      if (this.rows.size <= KEEP / 2) return;
      if (!this.#wanted.has(id)) this.rows.delete(id);
    }
  }
}
