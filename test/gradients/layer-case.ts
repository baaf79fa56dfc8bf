/** Layers alone, as a function of what they get and of their parameters. */
import * as tf from '@tensorflow/tfjs';
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { forward } from '#core/engine/backends/tensorflow/forward.ts';
import type { TensorData } from '#core/engine/graph/types.ts';
import { buildForward } from '#core/engine/layers/forward.ts';
import { allLayers, resolveModel } from '#core/engine/layers/resolve.ts';
import { randomTensor, type GradientCase } from './harness.ts';

export const BATCH = 2;
export const SIZE = { height: 6, width: 5, channels: 4 } as const;

export interface LayerInput {
  height: number;
  width: number;
  channels: number;
  /** Without height and width, as behind a flatten layer. */
  flat?: boolean;
}

/** The layers behind a 1×1 convolution that makes `channels` of three. */
export function specOf(
  layers: LayerSpec[],
  { height, width, channels }: LayerInput = SIZE,
): ModelSpec {
  const first: LayerSpec = { type: 'conv2d', filters: channels, kernel: [1, 1], name: 'first' };
  const head: LayerSpec[] = [
    { type: 'flatten', name: 'flat' },
    { type: 'dense', units: 'classes', name: 'head' },
  ];
  return {
    name: 'layers',
    input: { height, width, channels: 3 },
    layers: [first, ...layers, ...head],
    loss: 'crossentropy',
    optimizer: { type: 'sgd' },
  };
}

/** Every other number is kept, the same each time. */
function keepMask(dims: readonly number[]): TensorData {
  const length = dims.reduce((a, c) => a * c, 1);
  return { dtype: 'float32', dims, data: Float32Array.from({ length }, (_, i) => i % 2) };
}

const toTf = ({ dims, data }: TensorData) => tf.tensor(data as Float32Array, [...dims]);
const channelsLast = (x: tf.Tensor) => (x.rank === 4 ? tf.transpose(x, [0, 2, 3, 1]) : x);
const channelsFirst = (x: tf.Tensor) => (x.rank === 4 ? tf.transpose(x, [0, 3, 1, 2]) : x);

/**
 * Inputs are x, [2, C, H, W] or [2, C], and every parameter; the oracle is the TensorFlow backend,
 * whose gradients are TensorFlow.js' own.
 */
export function layerCase(
  layers: LayerSpec[],
  input: LayerInput = SIZE,
  seed = 0,
): GradientCase & Required<Pick<GradientCase, 'oracle'>> {
  const { height, width, channels, flat = false } = input;
  const before: LayerSpec[] = flat ? [{ type: 'globalaveragepool2d', name: 'pool' }] : [];
  const model = resolveModel(specOf([...before, ...layers], input), 3);
  const own = { ...model, layers: model.layers.slice(1 + before.length, -2) };
  const dims = flat ? [BATCH, channels] : [BATCH, channels, height, width];
  const inputs: Record<string, TensorData> = {
    x: randomTensor(dims, { scale: 1.5, seed: seed + 1 }),
  };
  for (const layer of allLayers(own.layers)) {
    for (const { name, shape } of layer.parameters) {
      const full = `${layer.name}/${name}`;
      const positive = name === 'gamma' || name === 'moving_variance';
      inputs[full] = randomTensor(shape, { seed: seed + full.length, positive, away: 0.1 });
    }
  }
  const updateStatistic = () => undefined;
  return {
    inputs,
    build: (b, values) =>
      buildForward(b, own, values['x']!, {
        training: true,
        parameter: (name) => values[name]!,
        keepMask: (_layer, shape) => b.tensor(keepMask(shape)),
        updateStatistic,
      }),
    oracle: (values) =>
      channelsFirst(
        forward(tf, own, channelsLast(values['x']!), {
          training: true,
          parameter: (name) => values[name]!,
          keepMask: (_layer, shape) => toTf(keepMask(shape)),
          updateStatistic,
        }),
      ),
  };
}
