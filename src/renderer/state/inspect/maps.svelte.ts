/** Feature maps of one layer as they are looked at; of two pictures or two runs side by side. */
import { paint, type ColorMapName } from '#shared/color-maps.ts';
import type { ChannelStats, InspectLayer, MapTiles } from '#shared/contract/index.ts';
import { Question } from '../question.svelte.ts';
import {
  bytesOf,
  floatsOf,
  inRun,
  keyOf,
  parts,
  type InspectClient,
  type NamedSource,
  type Subject,
} from './subject.ts';
import type { Tile } from './filters.svelte.ts';

export interface LayerMaps extends Omit<MapTiles, 'offset'> {
  /** Bytes of each channel: tileHeight × tileWidth. */
  tiles: readonly Uint8Array[];
  probabilities: readonly number[];
}

/** One feature map as numbers. */
export interface FullMap {
  channel: number;
  height: number;
  width: number;
  stats: ChannelStats;
  values: Float32Array;
}

/** Above this edge, maps come smaller; they are looked at whole one by one. */
const tileEdge = 112;
const glimpseEdge = 16;

/** What one model makes of one picture. */
export class MapSide {
  readonly maps = new Question<LayerMaps>();
  readonly full = new Question<FullMap>();
  readonly #client: InspectClient;

  constructor(client: InspectClient) {
    this.#client = client;
  }

  async load(subject: Subject, { source, key }: NamedSource, layer: string): Promise<void> {
    await this.maps.ask(keyOf(subject, key, layer), async (signal) => {
      const input = { ...inRun(subject), source, layers: [layer], edge: tileEdge };
      const answer = await this.#client.maps(input, { signal });
      const [found] = answer.layers;
      const size = found!.tileHeight * found!.tileWidth;
      const tiles = parts(await bytesOf(answer.tiles), size);
      return { ...found!, tiles, probabilities: answer.probabilities };
    });
  }

  async loadFull(
    subject: Subject,
    { source, key }: NamedSource,
    layer: string,
    channel: number,
  ): Promise<void> {
    await this.full.ask(keyOf(subject, key, layer, channel), async (signal) => {
      const input = { ...inRun(subject), source, layer, channels: [channel] };
      const { height, width, stats, values } = await this.#client.activations(input, { signal });
      return { channel, height, width, stats: stats[0]!, values: await floatsOf(values) };
    });
  }

  cancel(): void {
    this.maps.cancel();
    this.full.cancel();
  }

  clear(): void {
    this.maps.clear();
    this.full.clear();
  }
}

/** A layer at a glance. */
export interface Glimpse {
  zeros: number;
  /** Its liveliest channel, as bytes. */
  tile: { height: number; width: number; bytes: Uint8Array };
}

export interface Overview {
  layers: ReadonlyMap<string, Glimpse>;
  /** In the order of the run's classes. */
  probabilities: readonly number[];
}

export const mapOrders = ['index', 'mean', 'deviation'] as const;
export type MapOrder = (typeof mapOrders)[number];

export class MapsState {
  readonly overview = new Question<Overview>();
  readonly first: MapSide;
  readonly second: MapSide;
  colors = $state<ColorMapName>('viridis');
  order = $state<MapOrder>('index');
  selected = $state<number | null>(null);
  /** How much of the map covers the picture, 0 to 1. */
  cover = $state(0.7);
  readonly #client: InspectClient;

  constructor(client: InspectClient) {
    this.#client = client;
    this.first = new MapSide(client);
    this.second = new MapSide(client);
  }

  /** All layers at a glance, for the strip of the network. */
  async look(
    subject: Subject,
    { source, key }: NamedSource,
    layers: readonly InspectLayer[],
  ): Promise<void> {
    const names = layers.map(({ name }) => name);
    await this.overview.ask(keyOf(subject, key, ...names), async (signal) => {
      const input = { ...inRun(subject), source, layers: names, edge: glimpseEdge };
      const answer = await this.#client.maps(input, { signal });
      const tiles = await bytesOf(answer.tiles);
      return {
        layers: new Map(answer.layers.map((layer) => [layer.layer, glimpse(layer, tiles)])),
        probabilities: answer.probabilities,
      };
    });
  }

  /** Channels in the order of the grid: that of the first side. */
  readonly shown = $derived.by((): readonly number[] => {
    const channels = this.first.maps.value?.channels ?? [];
    const all = channels.map((_, index) => index);
    const { order } = this;
    return order === 'index' ? all : all.sort((a, b) => channels[b]![order] - channels[a]![order]);
  });

  tile({ tiles, tileHeight, tileWidth }: LayerMaps, channel: number): Tile {
    const bytes = tiles[channel] ?? new Uint8Array(tileHeight * tileWidth);
    return { height: tileHeight, width: tileWidth, pixels: painted(this.colors, bytes) };
  }

  cancel(): void {
    this.overview.cancel();
    this.first.cancel();
    this.second.cancel();
  }
}

export function painted(colors: ColorMapName, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(paint(colors, bytes, 3));
}

function glimpse(layer: MapTiles, tiles: Uint8Array): Glimpse {
  const { channels, tileHeight: height, tileWidth: width, offset, zeros } = layer;
  let liveliest = 0;
  for (const [index, { deviation }] of channels.entries()) {
    if (deviation > channels[liveliest]!.deviation) liveliest = index;
  }
  const start = offset + liveliest * height * width;
  return { zeros, tile: { height, width, bytes: tiles.subarray(start, start + height * width) } };
}
