/** What excites filters: images of the library, and pictures made for it. */
import type { ExcitedFilters, FoveaClient, WantedPictures } from '#shared/contract/index.ts';
import { unpackBytes } from '#shared/float-text.ts';
import { Question } from '../question.svelte.ts';
import { inRun, keyOf, type Subject } from './subject.ts';

export interface Excited extends ExcitedFilters {
  layer: string;
}

/** A picture made for a filter or a class. */
export interface Wanted extends Omit<WantedPictures, 'pixels' | 'scores'> {
  /** What it was made for. */
  target: string;
  score: number;
  /** height × width × channels. */
  pixels: Uint8Array;
}

export type WantedTarget = { layer: string; channel: number } | { class: number };

const targetKey = (target: WantedTarget): string =>
  'class' in target ? `class ${target.class}` : `${target.layer} ${target.channel}`;

/** A picture that excites one filter, or speaks for one class. */
export class WantedState {
  readonly picture = new Question<Wanted>();
  readonly #client: Pick<FoveaClient['inspect'], 'maximise'>;

  constructor(client: Pick<FoveaClient['inspect'], 'maximise'>) {
    this.#client = client;
  }

  /** The picture for this target, as far as it is; null while there is only another's. */
  of(target: WantedTarget): Wanted | null {
    const { value } = this.picture;
    return value?.target === targetKey(target) ? value : null;
  }

  async make(subject: Subject, target: WantedTarget): Promise<void> {
    const key = targetKey(target);
    const asked =
      'class' in target
        ? { classes: [target.class] }
        : { layer: target.layer, channels: [target.channel] };
    await this.picture.ask(keyOf(subject, key), async (signal, tell) => {
      let last: Wanted | null = null;
      const input = { ...inRun(subject), target: asked };
      for await (const step of await this.#client.maximise(input, { signal })) {
        const { pixels, scores, ...rest } = step;
        last = { ...rest, target: key, score: scores[0] ?? 0, pixels: unpackBytes(pixels) };
        tell(last);
      }
      if (!last) throw new RangeError('the stream ended without a picture');
      return last;
    });
  }
}

export class NeuronsState {
  readonly excited = new Question<Excited>();
  readonly wanted: WantedState;
  readonly #client: Pick<FoveaClient['inspect'], 'excite' | 'maximise'>;

  constructor(client: Pick<FoveaClient['inspect'], 'excite' | 'maximise'>) {
    this.#client = client;
    this.wanted = new WantedState(client);
  }

  /** Looks for the images that excite each filter of a layer. */
  async excite(subject: Subject, layer: string): Promise<void> {
    await this.excited.ask(keyOf(subject, layer), async (signal, tell) => {
      let last: Excited | null = null;
      const input = { ...inRun(subject), layer };
      for await (const step of await this.#client.excite(input, { signal })) {
        last = { ...step, layer };
        tell(last);
      }
      if (!last) throw new RangeError('the stream ended without an answer');
      return last;
    });
  }

  /** Of one layer: what is known so far. */
  of(layer: string): Excited | null {
    return this.excited.value?.layer === layer ? this.excited.value : null;
  }

  cancel(): void {
    this.excited.cancel();
    this.wanted.picture.cancel();
  }
}
