/** Where a model looks: what each place of a picture does for one class, or for two side by side. */
import type { AttributionMap, AttributionMethod } from '#shared/contract/index.ts';
import { unpackFloats } from '#shared/float-text.ts';
import { Question } from '../question.svelte.ts';
import { inRun, keyOf, type InspectClient, type NamedSource, type Subject } from './subject.ts';

export const whyMethods = ['cam', 'occlusion', 'saliency', 'smoothgrad'] as const;
export type WhyMethod = (typeof whyMethods)[number];

export interface WhyMap extends Omit<AttributionMap, 'values'> {
  /** height × width. */
  values: Float32Array;
}

/** One class and its map. */
export class WhySide {
  readonly map = new Question<WhyMap>();
  readonly #client: InspectClient;

  constructor(client: InspectClient) {
    this.#client = client;
  }

  /** @param wanted index in the run's classes; null: what the model says */
  async load(
    subject: Subject,
    { source, key }: NamedSource,
    method: AttributionMethod,
    wanted: number | null,
  ): Promise<void> {
    const asked = keyOf(subject, key, JSON.stringify(method), wanted ?? 'top');
    await this.map.ask(asked, async (signal, tell) => {
      const input = {
        ...inRun(subject),
        source,
        method,
        ...(wanted === null ? {} : { class: wanted }),
      };
      let last: WhyMap | null = null;
      for await (const step of await this.#client.explain(input, { signal })) {
        last = { ...step, values: unpackFloats(step.values) };
        tell(last);
      }
      if (!last) throw new RangeError('the stream ended without a map');
      return last;
    });
  }
}

export class WhyState {
  readonly first: WhySide;
  readonly second: WhySide;
  method = $state<WhyMethod>('cam');
  /** Of Grad-CAM; null: where the engine looks by itself. */
  layer = $state<string | null>(null);
  /** Index in the run's classes; null: what the model says. */
  wanted = $state<number | null>(null);
  /** A second class; 'truth': the label, where the model says something else. */
  beside = $state<number | 'truth' | 'none'>('truth');
  /** How much the map covers the picture, 0 to 1. */
  cover = $state(0.6);

  constructor(client: InspectClient) {
    this.first = new WhySide(client);
    this.second = new WhySide(client);
  }

  get request(): AttributionMethod {
    switch (this.method) {
      case 'cam':
        return this.layer === null ? { type: 'cam' } : { type: 'cam', layer: this.layer };
      case 'occlusion':
        return { type: 'occlusion', fill: 'grey' };
      case 'saliency':
        return { type: 'saliency' };
      case 'smoothgrad':
        return { type: 'smoothgrad', samples: 48, noise: 0.15, seed: 1 };
    }
  }

  /**
   * The class of the second map; null where there is none.
   * @param truth of the picture's label; null if it has none that the model knows
   * @param answer what the first map is about
   */
  secondClass(truth: number | null, answer: number | null): number | null {
    if (this.beside === 'none') return null;
    if (this.beside !== 'truth') return this.beside;
    return truth !== null && answer !== null && truth !== answer ? truth : null;
  }

  cancel(): void {
    this.first.map.cancel();
    this.second.map.cancel();
  }
}
