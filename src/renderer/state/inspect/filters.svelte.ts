/** A convolution's filters as they are looked at: which, in which order, in which colours. */
import { paint, type ColorMapName } from '#shared/color-maps.ts';
import type { FilterBank, InspectLayer } from '#shared/contract/index.ts';
import { planesToRgb, scaleKernels, toBytes, type KernelScale } from '#shared/inspect/kernels.ts';
import { Question } from '../question.svelte.ts';
import type { FilmState } from './film.svelte.ts';
import { floatsOf, inRun, keyOf, type InspectClient, type Subject } from './subject.ts';

export interface Bank extends Omit<FilterBank, 'values'> {
  /** filters × channels × height × width. */
  values: Float32Array;
}

export const filterOrders = ['index', 'norm', 'similar'] as const;
export type FilterOrder = (typeof filterOrders)[number];
/** As many as books print. */
export const fewFilters = 16;

/** RGB, row by row. */
export interface Tile {
  height: number;
  width: number;
  pixels: Uint8Array;
}

export class FiltersState {
  readonly bank = new Question<Bank>();
  scale = $state<KernelScale>('layer');
  order = $state<FilterOrder>('index');
  /** The first sixteen only. */
  few = $state(false);
  /** Chosen by hand; else what suits the scale. */
  colors = $state<ColorMapName | null>(null);
  selected = $state<number | null>(null);
  /** Under the pointer or the keyboard's focus. */
  hovered = $state<number | null>(null);
  #channel = $state<number | 'rgb'>('rgb');
  readonly #client: InspectClient;
  readonly #film: FilmState;

  constructor(client: InspectClient, film: FilmState) {
    this.#client = client;
    this.#film = film;
  }

  async load(subject: Subject, layer: InspectLayer, kernel?: string): Promise<void> {
    const name = kernel ?? layer.kernels[0]?.name ?? '';
    await this.bank.ask(keyOf(subject, layer.name, name), async (signal) => {
      const input = { ...inRun(subject), layer: layer.name, kernel: name };
      const found = await this.#client.filters(input, { signal });
      const bank = { ...found, values: await floatsOf(found.values) };
      const before = this.bank.value;
      if (before?.layer !== bank.layer || before.kernel.name !== bank.kernel.name) {
        this.selected = null;
        this.hovered = null;
        this.#channel = 'rgb';
      }
      return bank;
    });
  }

  /** Whether a kernel's three channels are colours. */
  get inColor(): boolean {
    const bank = this.bank.value;
    return bank !== null && bank.seesImage && bank.kernel.channels === 3;
  }

  /** The input channel that is shown; 'rgb': all three as one picture. */
  get channel(): number | 'rgb' {
    if (this.#channel === 'rgb') return this.inColor ? 'rgb' : 0;
    return Math.min(this.#channel, (this.bank.value?.kernel.channels ?? 1) - 1);
  }

  set channel(channel: number | 'rgb') {
    this.#channel = channel;
  }

  get colorMap(): ColorMapName {
    return this.colors ?? (this.scale === 'symmetric' ? 'diverging' : 'grey');
  }

  /** Filters in the order of the grid. */
  readonly shown = $derived.by((): readonly number[] => {
    const bank = this.bank.value;
    if (!bank) return [];
    const all = bank.norms.map((_, index) => index);
    if (this.few) return all.slice(0, fewFilters);
    if (this.order === 'similar') return bank.groups.flat();
    if (this.order === 'norm') return all.sort((a, b) => bank.norms[b]! - bank.norms[a]!);
    return all;
  });

  /** The number of each filter's group, for groups of more than one. */
  readonly groupOf = $derived.by(
    () =>
      new Map(
        (this.bank.value?.groups ?? [])
          .filter((group) => group.length > 1)
          .flatMap((group, index) => group.map((filter) => [filter, index + 1] as const)),
      ),
  );

  /** All weights: the checkpoint's, or those of the film's frame. */
  readonly #values = $derived.by((): Float32Array => {
    const bank = this.bank.value;
    if (!bank) return new Float32Array();
    return this.#film.hasFilters(bank.layer) ? this.#film.kernels : bank.values;
  });

  /** The same from 0 to 1. */
  readonly #unit = $derived.by((): Float32Array => {
    const bank = this.bank.value;
    if (!bank) return new Float32Array();
    if (this.#film.hasFilters(bank.layer)) return this.#film.unit(this.scale);
    const { channels, height, width } = bank.kernel;
    return scaleKernels(bank.values, channels * height * width, this.scale);
  });

  /** The picture of one filter, at one input channel or in colour. */
  tile(filter: number, channel: number | 'rgb' = this.channel): Tile {
    const { height, width, channels } = this.bank.value!.kernel;
    const plane = height * width;
    const start = (filter * channels + (channel === 'rgb' ? 0 : channel)) * plane;
    if (channel === 'rgb') {
      return {
        height,
        width,
        pixels: planesToRgb(this.#unit.subarray(start, start + 3 * plane), plane),
      };
    }
    const bytes = toBytes(this.#unit.subarray(start, start + plane));
    return { height, width, pixels: new Uint8Array(paint(this.colorMap, bytes, 3)) };
  }

  /** The weights behind a tile: one plane, or three. */
  weights(filter: number, channel: number): readonly number[] {
    const { height, width, channels } = this.bank.value!.kernel;
    const plane = height * width;
    const start = (filter * channels + channel) * plane;
    return [...this.#values.subarray(start, start + plane)];
  }
}
