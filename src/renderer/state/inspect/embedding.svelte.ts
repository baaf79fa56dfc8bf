/** A run's images as points of a plane, like ones near each other, and those of them that are selected. */
import { SvelteSet } from 'svelte/reactivity';
import type { BackboneDetails, EmbeddingEvent, FoveaClient } from '#shared/contract/index.ts';
import { unpackFloats } from '#shared/float-text.ts';
import { Question } from '../question.svelte.ts';
import { fitted, insideOf, withinCircle, type Place } from './plane.ts';
import { inRun, keyOf, type Subject } from './subject.ts';

export const pointColors = ['label', 'predicted', 'split'] as const;
export type PointColor = (typeof pointColors)[number];

type Images = Omit<Extract<EmbeddingEvent, { type: 'images' }>, 'type'>;

export interface ImageMap {
  /** What is being done: 'decode' and 'features' come before there are points. */
  phase: 'decode' | 'features' | 'points';
  done: number;
  total: number;
  images: Images | null;
  /** x and y of each image, 0 to 1; null until the first are known. */
  points: Float32Array | null;
}

const nothing: ImageMap = { phase: 'decode', done: 0, total: 0, images: null, points: null };

export class EmbeddingState {
  readonly map = new Question<ImageMap>();
  colors = $state<PointColor>('label');
  /** How many images. */
  limit = $state(1000);
  /** A pretrained network whose features count, in place of a run's. */
  network = $state.raw<BackboneDetails | null>(null);
  /** Indices of points. */
  readonly selected = new SvelteSet<number>();
  readonly #client: Pick<FoveaClient['inspect'], 'embedding'>;

  constructor(client: Pick<FoveaClient['inspect'], 'embedding'>) {
    this.#client = client;
  }

  /** @param subject null where there is no run: the network must be there then */
  async load(subject: Subject | null, project = subject?.project ?? ''): Promise<void> {
    const { limit, network } = this;
    if (!network && !subject) return;
    const asked = network
      ? { project, backbone: network.sha256, limit }
      : { ...inRun(subject!), limit };
    const key = network
      ? JSON.stringify([network.sha256, network.cut, limit])
      : keyOf(subject!, limit);
    await this.map.ask(key, async (signal, tell) => {
      this.selected.clear();
      let map = nothing;
      tell(map);
      for await (const event of await this.#client.embedding(asked, { signal })) {
        map = after(map, event);
        tell(map);
      }
      return map;
    });
  }

  /** Class id of each point: as it was read, or as given since. */
  setLabels(labels: readonly (number | null)[]): void {
    const map = this.map.value;
    if (map?.images) this.map.value = { ...map, images: { ...map.images, labels: [...labels] } };
  }

  /** Ids of the selected images. */
  get images(): number[] {
    const ids = this.map.value?.images?.images ?? [];
    return [...this.selected].flatMap((index) => ids[index] ?? []);
  }

  /** @param add to what is selected already */
  lasso(line: readonly Place[], add = false): void {
    const { points } = this.map.value ?? nothing;
    if (points) this.select(insideOf(points, line), add);
  }

  circle(middle: Place, radius: number, add = true): void {
    const { points } = this.map.value ?? nothing;
    if (points) this.select(withinCircle(points, middle, radius), add);
  }

  select(indices: Iterable<number>, add = false): void {
    if (!add) this.selected.clear();
    for (const index of indices) this.selected.add(index);
  }

  /** All points that a test holds for. */
  selectWhere(test: (index: number, images: Images) => boolean): void {
    const { images } = this.map.value ?? nothing;
    if (!images) return;
    this.select(images.images.flatMap((_, index) => (test(index, images) ? [index] : [])));
  }
}

function after(map: ImageMap, event: EmbeddingEvent): ImageMap {
  switch (event.type) {
    case 'progress':
      return { ...map, phase: event.phase, done: event.done, total: event.total };
    case 'images': {
      const { type: _, ...images } = event;
      return { ...map, images };
    }
    case 'points':
      return {
        ...map,
        phase: 'points',
        done: event.done,
        total: event.total,
        points: fitted(unpackFloats(event.points)),
      };
  }
}
