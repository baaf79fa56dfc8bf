/** The picture that is shown to the model, and what of it the model sees. */
import { fileName } from '../../ui/format.ts';
import type { FoveaClient, ImageDetail } from '#shared/contract/index.ts';
import { Question } from '../question.svelte.ts';
import {
  bytesOf,
  inRun,
  keyOf,
  type InspectClient,
  type NamedSource,
  type Subject,
} from './subject.ts';

/** As the model takes it. */
export interface Seen {
  height: number;
  width: number;
  channels: number;
  /** height × width × channels. */
  pixels: Uint8Array;
}

export class PictureState {
  /** Of the library; null for a file or a drawing. */
  image = $state<number | null>(null);
  /** Of a file. */
  name = $state('');
  readonly seen = new Question<Seen>();
  /** Of an image of the library. */
  readonly detail = new Question<ImageDetail>();
  readonly #client: InspectClient;
  #file = $state.raw<string | File | null>(null);
  #files = $state(0);

  constructor(client: InspectClient) {
    this.#client = client;
  }

  get source(): NamedSource | null {
    if (this.image !== null) return { source: { image: this.image }, key: `image ${this.image}` };
    if (this.#file === null) return null;
    return { source: { file: this.#file }, key: `file ${this.#files} ${this.name}` };
  }

  showImage(image: number): void {
    this.image = image;
    this.#file = null;
    this.name = '';
  }

  /** A path, or a file of the browser: chosen, dropped or drawn. */
  showFile(
    file: string | File,
    name = fileName(typeof file === 'string' ? file : file.name),
  ): void {
    this.image = null;
    this.#file = file;
    this.#files++;
    this.name = name;
  }

  /** @param version changes when labels may have changed */
  async readDetail(
    project: string,
    library: FoveaClient['library'],
    version: number,
  ): Promise<void> {
    const { image } = this;
    if (this.detail.value?.id !== image) this.detail.clear();
    if (image === null) return;
    await this.detail.ask(`${image} ${version}`, (signal) =>
      library.images.get({ project, image }, { signal }),
    );
  }

  async read(subject: Subject): Promise<void> {
    const asked = this.source;
    if (!asked) {
      this.seen.clear();
      return;
    }
    await this.seen.ask(keyOf(subject, asked.key), async (signal) => {
      const { source } = asked;
      const answer = await this.#client.pixels({ ...inRun(subject), source }, { signal });
      return { ...answer, pixels: await bytesOf(answer.pixels) };
    });
  }
}
