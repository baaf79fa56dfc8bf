/** How a run's first filters and some of its feature maps came to be, frame by frame. */
import type { Film, FoveaClient, Run } from '#shared/contract/index.ts';
import { scaleKernels, type KernelScale } from '#shared/inspect/kernels.ts';
import { Player } from '../player.svelte.ts';
import { Question } from '../question.svelte.ts';
import { bytesOf, floatsOf, parts } from './subject.ts';

export interface LoadedFilm extends Omit<Film, 'kernels' | 'tiles'> {
  run: string;
  /** Frames × filters × channels × height × width. */
  kernels: Float32Array;
  /** Of each frame, each layer's tiles, one a channel. */
  tiles: readonly ReadonlyMap<string, readonly Uint8Array[]>[];
}

/** Milliseconds that a frame is shown for while the film plays. */
const frameDelay = 120;

export class FilmState {
  /** Null: the run has no film. */
  readonly film = new Question<LoadedFilm | null>();
  readonly player = new Player({ delay: () => frameDelay });
  /** Whether the film is looked at, instead of the checkpoint. */
  on = $state(false);
  readonly #client: Pick<FoveaClient['inspect'], 'film'>;
  #unit: { film: LoadedFilm; scale: KernelScale; values: Float32Array } | null = null;

  constructor(client: Pick<FoveaClient['inspect'], 'film'>) {
    this.#client = client;
  }

  async load(project: string, run: Run): Promise<void> {
    await this.film.ask(`${run.id} ${run.epochs.length}`, async (signal) => {
      const found = await this.#client.film({ project, run: run.id }, { signal });
      if (this.film.value?.run !== run.id) this.on = false;
      return found && (await unpacked(run.id, found));
    });
    this.player.reset(this.film.value?.epochs.length ?? 0);
  }

  /** The epoch of the frame that is shown; 0: before the first step. */
  get epoch(): number | null {
    return this.film.value?.epochs[this.player.position] ?? null;
  }

  /** Shows the frame of an epoch, or the one before it. */
  show(frame: number): void {
    this.on = true;
    this.player.go(frame);
  }

  toggle(): void {
    this.on = true;
    this.player.toggle();
  }

  /** Back to the checkpoint. */
  leave(): void {
    this.player.pause();
    this.on = false;
  }

  /** Whether the film is on, and has this layer's filters. */
  hasFilters(layer: string): boolean {
    return this.on && this.film.value?.layer === layer;
  }

  /** Of the frame that is shown: the layer's tiles and their size; null where the film has none. */
  maps(layer: string): { height: number; width: number; tiles: readonly Uint8Array[] } | null {
    const film = this.film.value;
    const size = film?.maps.find((each) => each.layer === layer);
    const tiles = film?.tiles[this.player.position]?.get(layer);
    return this.on && size && tiles ? { height: size.height, width: size.width, tiles } : null;
  }

  /** The frame's weights from 0 to 1; the ends of the scale are the same in all frames. */
  unit(scale: KernelScale): Float32Array {
    const film = this.film.value!;
    if (this.#unit?.film !== film || this.#unit.scale !== scale) {
      const { channels, height, width } = film.kernel;
      const whole = scale === 'kernel' ? 'layer' : scale;
      const values = scaleKernels(film.kernels, channels * height * width, whole);
      this.#unit = { film, scale, values };
    }
    return this.#frame(this.#unit.values);
  }

  get kernels(): Float32Array {
    return this.#frame(this.film.value!.kernels);
  }

  #frame(values: Float32Array): Float32Array {
    const size = values.length / (this.film.value?.epochs.length ?? 1);
    const { position } = this.player;
    return values.subarray(position * size, (position + 1) * size);
  }
}

async function unpacked(run: string, film: Film): Promise<LoadedFilm> {
  const bytes = await bytesOf(film.tiles);
  const frames = parts(bytes, bytes.length / Math.max(1, film.epochs.length));
  const tiles = frames.map((frame) => {
    let offset = 0;
    return new Map(
      film.maps.map(({ layer, channels, height, width }) => {
        const size = height * width;
        const from = offset;
        offset += channels * size;
        return [layer, parts(frame.subarray(from, offset), size)] as const;
      }),
    );
  });
  return { ...film, run, kernels: await floatsOf(film.kernels), tiles };
}
