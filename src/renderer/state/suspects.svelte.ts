/** Labels that are likely wrong: whose answers judge them, the list, and what was mended here. */
import { SvelteMap } from 'svelte/reactivity';
import type { FoveaClient, Suspect, SuspectSource } from '#shared/contract/index.ts';

export class SuspectsState {
  /** Null: not shown. */
  source = $state.raw<SuspectSource | null>(null);
  /** Null until it was read. */
  list = $state.raw<readonly Suspect[] | null>(null);
  /** How many labels were judged. */
  images = $state(0);
  failure = $state.raw<unknown>(null);
  /** Image → name of the class given here. */
  readonly relabeled = new SvelteMap<number, string | null>();

  readonly #client: FoveaClient;
  readonly #project: string;
  #reads = 0;

  constructor(client: FoveaClient, project: string) {
    this.#client = client;
    this.#project = project;
  }

  async open(source: SuspectSource): Promise<void> {
    this.source = source;
    this.list = null;
    this.relabeled.clear();
    await this.refresh();
  }

  close(): void {
    this.source = null;
    this.list = null;
    this.failure = null;
  }

  async refresh(): Promise<void> {
    const mine = ++this.#reads;
    if (this.source === null) return;
    try {
      const { images, suspects } = await this.#client.evaluation.suspects({
        project: this.#project,
        source: this.source,
      });
      if (mine !== this.#reads) return;
      this.images = images;
      this.list = suspects;
      this.failure = null;
    } catch (error) {
      if (mine === this.#reads) this.failure = error;
    }
  }

  async relabel(image: number, classId: number | null, className: string | null): Promise<void> {
    await this.#client.labels.assign({ project: this.#project, images: [image], classId });
    this.relabeled.set(image, className);
  }

  /** The label given here was taken back. */
  forgetRelabel(image: number): void {
    this.relabeled.delete(image);
  }
}
