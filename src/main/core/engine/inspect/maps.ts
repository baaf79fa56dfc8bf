/** Feature maps: what each layer gives out for one image. */
import type { ChannelStats, InspectLayer, MapTiles } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { standardBytes, statsOf } from '#shared/inspect/maps.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph, Value } from '../graph/types.ts';
import { pixelsToUnit } from '../layers/forward.ts';
import type { LoadedRun } from '../checkpoint/run-folder.ts';
import { buildProbabilities } from '../losses.ts';
import { buildLogits } from '../programs/inference.ts';
import type { TensorSet } from '../protocol.ts';
import { imageTensor } from './answer.ts';
import { floats } from '../floats.ts';
import { readPixels } from './images.ts';
import { imageLayers, requireLayer } from './layers.ts';
import type { OpenedRun } from './opened-run.ts';
import { shrink } from './shrink.ts';
import type { ActivationsResult, InspectTasks, MapsResult } from './tasks.ts';

/** image uint8 [batch, H, W, C] → probabilities, and each layer's output under its place in `layers`. */
export function buildMaps(run: LoadedRun, layers: readonly string[]): Graph {
  const { model, parameters } = run;
  const b = new GraphBuilder(`maps_${model.name}`);
  const { height, width, channels } = model.input;
  const image = b.input('image', 'uint8', ['batch', height, width, channels]);
  const outputs = new Map<string, Value>();
  const logits = buildLogits(
    b,
    model,
    pixelsToUnit(b, image),
    parameters,
    (layer, _, output) => outputs.set(layer.name, output),
    (name, output) => outputs.set(name, output),
  );
  b.output('probabilities', buildProbabilities(b, model.head, logits));
  for (const [index, layer] of layers.entries()) b.output(`map_${index}`, outputs.get(layer)!);
  return b.finish();
}

/** @throws AppError NOT_FOUND for a layer that has no maps, SOURCE_UNREADABLE */
export async function makeTiles(
  opened: OpenedRun,
  { set, layers: wanted, edge }: InspectTasks['maps']['input'],
): Promise<MapsResult> {
  const { model } = opened.run;
  const all = imageLayers(model);
  const layers = wanted ? wanted.map((name) => requireLayer(model, name)) : usualLayers(all);
  const names = layers.map(({ name }) => name);
  const results = await runMaps(opened, names, set);
  const tiles: Uint8Array[] = [];
  let offset = 0;
  const described = layers.map(({ name, height, width, channels }, index): MapTiles => {
    const values = floats(results[`map_${index}`]);
    const scale = Math.min(1, edge / Math.max(height, width));
    const tileHeight = Math.max(1, Math.round(height * scale));
    const tileWidth = Math.max(1, Math.round(width * scale));
    const stats = channelsOf(values, height * width).map(({ map, stats }) => {
      const small = shrink(map, { height, width }, { height: tileHeight, width: tileWidth });
      tiles.push(standardBytes(small, stats));
      return stats;
    });
    const start = offset;
    offset += channels * tileHeight * tileWidth;
    const zeros = stats.reduce((sum, each) => sum + each.zeros, 0) / channels;
    return {
      layer: name,
      ...{ height, width, channels: stats, zeros },
      ...{ tileHeight, tileWidth, offset: start },
    };
  });
  const joined = new Uint8Array(offset);
  tiles.reduce((at, tile) => (joined.set(tile, at), at + tile.length), 0);
  return { layers: described, tiles: joined, probabilities: floats(results['probabilities']) };
}

/** Of a pretrained network, whose convolutions may be hundreds. */
const MOST_INNER = 16;

function usualLayers(layers: readonly InspectLayer[]): InspectLayer[] {
  const shown = layers.filter(({ kind }) => kind !== 'other');
  const inner = shown.filter(({ inside }) => inside !== undefined);
  const step = Math.max(1, inner.length / MOST_INNER);
  const some = new Set(
    inner.filter((_, at) => Math.floor(at / step) > Math.floor((at - 1) / step)),
  );
  return shown.filter((layer) => layer.inside === undefined || some.has(layer));
}

/** @throws AppError NOT_FOUND, INVALID_INPUT for a channel that there is not, SOURCE_UNREADABLE */
export async function readActivations(
  opened: OpenedRun,
  { set, layer: name, channels: wanted }: InspectTasks['activations']['input'],
): Promise<ActivationsResult> {
  const { height, width, channels: count } = requireLayer(opened.run.model, name);
  const channels = [...(wanted ?? Array.from({ length: count }, (_, index) => index))];
  const missing = channels.find((channel) => channel >= count);
  if (missing !== undefined) {
    throw new AppError('INVALID_INPUT', `${name} has channels 0 to ${count - 1}, not ${missing}.`);
  }
  const results = await runMaps(opened, [name], set);
  const all = channelsOf(floats(results['map_0']), height * width);
  const values = new Float32Array(channels.length * height * width);
  channels.forEach((channel, at) => values.set(all[channel]!.map, at * height * width));
  return { height, width, channels, stats: channels.map((channel) => all[channel]!.stats), values };
}

async function runMaps(opened: OpenedRun, layers: readonly string[], set: TensorSet) {
  const { run } = opened;
  const program = await opened.program(`maps ${layers.join()}`, () => buildMaps(run, layers));
  return await program.run({ image: imageTensor(run.model, await readPixels(set, run.model, 1)) });
}

function channelsOf(
  values: Float32Array,
  size: number,
): { map: Float32Array; stats: ChannelStats }[] {
  return Array.from({ length: values.length / size }, (_, channel) => {
    const map = values.subarray(channel * size, (channel + 1) * size);
    return { map, stats: statsOf(map) };
  });
}
