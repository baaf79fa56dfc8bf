/**
 * A whole small network against TensorFlow.js: loss, every gradient, the weights after
 * several steps. The optimizer is SGD with momentum: Adam turns rounding noise in a gradient near zero
 * into a whole step, and has a test of its own.
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { initialValues, unpack } from '#core/engine/programs/parameters.ts';
import { buildTrainStep } from '#core/engine/programs/train-step.ts';
import type { TensorData } from '#core/engine/graph/types.ts';
import { Random } from '#core/engine/random.ts';
import { compile, expectClose, targetsOf } from './harness.ts';

const BATCH = 6;
const CLASSES = 3;
const STEPS = 4;
const RATE = 0.1;

const layers: LayerSpec[] = [
  { type: 'conv2d', filters: 4, kernel: [3, 3], activation: 'relu' },
  { type: 'maxpool2d', size: [2, 2] },
  {
    type: 'conv2d',
    filters: 6,
    kernel: [3, 3],
    padding: 'same',
    strides: [2, 2],
    activation: 'tanh',
  },
  { type: 'batchnorm' },
  { type: 'averagepool2d', size: [2, 2], strides: [1, 1] },
  { type: 'flatten' },
  { type: 'dense', units: 8, activation: 'sigmoid' },
  { type: 'dense', units: 'classes', activation: 'softmax' },
];
const spec: ModelSpec = {
  name: 'small',
  input: { height: 13, width: 11, channels: 3 },
  layers,
  loss: 'crossentropy',
  optimizer: { type: 'sgd', momentum: 0.9 },
};

type Variables = Map<string, tf.Variable>;

/** The same network from TensorFlow's own operations, in its own layout (NHWC, HWIO). */
function tensorflowLogits(
  image: tf.Tensor4D,
  variables: Variables,
  moments: tf.Tensor[],
): tf.Tensor2D {
  const v = <T extends tf.Tensor>(name: string) => variables.get(name) as unknown as T;
  const conv = (x: tf.Tensor4D, name: string, stride: number, pad: 'valid' | 'same') =>
    tf.add<tf.Tensor4D>(
      tf.conv2d(x, tf.transpose(v<tf.Tensor4D>(`${name}/kernel`), [2, 3, 1, 0]), stride, pad),
      v(`${name}/bias`),
    );
  let x = tf.div<tf.Tensor4D>(image, 255);
  x = tf.relu(conv(x, 'conv2d', 1, 'valid'));
  x = tf.maxPool(x, 2, 2, 'valid');
  x = tf.tanh(conv(x, 'conv2d_1', 2, 'same'));
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  moments.push(mean, variance);
  x = tf.batchNorm4d(
    x,
    mean as tf.Tensor1D,
    variance as tf.Tensor1D,
    v<tf.Tensor1D>('batch_normalization/beta'),
    v<tf.Tensor1D>('batch_normalization/gamma'),
    1e-3,
  );
  x = tf.avgPool(x, 2, 1, 'valid');
  // Flattened channel by channel, as the engine does.
  const flat = tf.reshape<tf.Rank.R2>(tf.transpose(x, [0, 3, 1, 2]), [BATCH, -1]);
  const hidden = tf.sigmoid(
    tf.add<tf.Tensor2D>(tf.matMul(flat, v('dense/kernel')), v('dense/bias')),
  );
  return tf.add(tf.matMul(hidden, v('dense_1/kernel')), v('dense_1/bias'));
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('a small network', () => {
  it('agrees with TensorFlow.js step by step', async () => {
    const step = buildTrainStep({ spec, classes: CLASSES, batch: BATCH, exposeGradient: true });
    const program = await compile(step.graph);
    const { trainable, statistics } = step.layout;
    const random = new Random(5, 'network');
    const image = Uint8Array.from({ length: BATCH * 13 * 11 * 3 }, () => random.below(256));
    const label = Int32Array.from({ length: BATCH }, () => random.below(CLASSES));

    const vector = (data: Float32Array): TensorData => ({
      dtype: 'float32',
      dims: [data.length],
      data,
    });
    let state: Record<string, TensorData> = {
      weights: vector(initialValues(trainable, 3)),
      slot_velocity: vector(new Float32Array(trainable.size)),
      statistics: vector(initialValues(statistics, 3)),
    };
    const variables: Variables = new Map(
      unpack(trainable, state['weights']!.data as Float32Array).map(([name, { shape, data }]) => [
        name,
        tf.variable(tf.tensor(Float32Array.from(data), [...shape]), true, name),
      ]),
    );
    const movingMean = new Float32Array(6);
    const movingVariance = new Float32Array(6).fill(1);
    const optimizer = tf.train.momentum(RATE, 0.9);

    for (let count = 1; count <= STEPS; count++) {
      const results = await program.run({
        ...state,
        image: { dtype: 'uint8', dims: [BATCH, 13, 11, 3], data: image },
        target: targetsOf(label, CLASSES),
        rate: {
          dtype: 'float32',
          dims: [],
          data: Float32Array.from(step.optimizer.scalarsAt(count, RATE)),
        },
      });

      const moments: tf.Tensor[] = [];
      const { value, grads } = tf.variableGrads(() => {
        const input = tf.tensor4d(Float32Array.from(image), [BATCH, 13, 11, 3]);
        const logits = tensorflowLogits(input, variables, moments);
        for (const moment of moments) tf.keep(moment);
        const oneHot = tf.oneHot(tf.tensor1d(label, 'int32'), CLASSES);
        return tf.losses.softmaxCrossEntropy(oneHot, logits).asScalar();
      }, [...variables.values()]);
      expectClose(results['loss']!.data as Float32Array, value.dataSync(), 1e-5, 'loss');
      for (const [name, { data }] of unpack(trainable, results['gradient']!.data as Float32Array)) {
        expectClose(data, grads[name]!.dataSync(), 2e-5, `step ${count}, d loss / d ${name}`);
      }

      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      for (const [name, { data }] of unpack(
        trainable,
        results['weights_next']!.data as Float32Array,
      )) {
        expectClose(data, variables.get(name)!.dataSync(), 2e-5, `step ${count}, ${name}`);
      }

      const [mean, variance] = moments.map((moment) => moment.dataSync());
      for (let channel = 0; channel < 6; channel++) {
        movingMean[channel] = movingMean[channel]! * 0.99 + mean![channel]! * 0.01;
        movingVariance[channel] = movingVariance[channel]! * 0.99 + variance![channel]! * 0.01;
      }
      expectClose(
        results['statistics_next']!.data as Float32Array,
        [...movingMean, ...movingVariance],
        1e-6,
        'moving averages',
      );
      state = Object.fromEntries(
        Object.keys(state).map((name) => [name, results[`${name}_next`]!]),
      );
    }
    await program.dispose();
  });

  it('builds no gradient below frozen parameters', () => {
    const frozen = new Set(
      ['conv2d', 'conv2d_1'].flatMap((layer) => [`${layer}/kernel`, `${layer}/bias`]),
    );
    for (const name of ['gamma', 'beta']) frozen.add(`batch_normalization/${name}`);
    const whole = buildTrainStep({ spec, classes: CLASSES, batch: BATCH });
    const top = buildTrainStep({ spec, classes: CLASSES, batch: BATCH, frozen });
    // What only the gradients of pools and convolutions' inputs are made of.
    const backward = ['ConvTranspose', 'Col2Im', 'MaxUnpool', 'Greater'];
    const count = (ops: string[], graph: typeof whole.graph) =>
      graph.nodes.filter(({ op }) => ops.includes(op)).length;
    expect(count(backward, whole.graph)).toBeGreaterThan(1);
    expect(count(backward, top.graph)).toBe(0);
    expect(top.layout.frozen.entries.map(({ fullName }) => fullName)).toEqual([...frozen]);
    expect(top.layout.trainable.size + top.layout.frozen.size).toBe(whole.layout.trainable.size);
  });

  it('builds no gradient, and no optimizer state, below frozen layers of the spec', () => {
    const cut = spec.layers.findLastIndex(({ type }) => type === 'batchnorm');
    const layers = spec.layers.map((layer, index) =>
      index <= cut ? { ...layer, trainable: false } : layer,
    );
    const whole = buildTrainStep({ spec, classes: CLASSES, batch: BATCH });
    const top = buildTrainStep({ spec: { ...spec, layers }, classes: CLASSES, batch: BATCH });
    const backward = ['ConvTranspose', 'Col2Im', 'MaxUnpool', 'Greater'];
    expect(top.graph.nodes.filter(({ op }) => backward.includes(op))).toEqual([]);
    const below = whole.layout.trainable.entries
      .map(({ fullName }) => fullName)
      .filter((name) => /^(conv2d|batch_normalization)/.test(name));
    const statistics = whole.layout.statistics.entries.map(({ fullName }) => fullName);
    expect(top.layout.frozen.entries.map(({ fullName }) => fullName).sort()).toEqual(
      [...below, ...statistics].sort(),
    );
    expect(top.layout.statistics.size).toBe(0);
    // Moving averages stay: batch statistics are not even computed.
    expect(top.graph.nodes.map(({ op }) => op)).toContain('BatchNormalization');
    expect([...top.graph.outputs.keys()]).not.toContain('statistics_next');
    const slots = top.graph.inputs.filter(({ name }) => name.startsWith('slot_'));
    for (const { shape } of slots) expect(shape).toEqual([top.layout.trainable.size]);
  });

  it('differentiates through a frozen layer to one that learns below it', () => {
    const layers = spec.layers.map((layer) =>
      layer.type === 'batchnorm' ? { ...layer, trainable: false } : layer,
    );
    const { graph, layout } = buildTrainStep({
      spec: { ...spec, layers },
      classes: CLASSES,
      batch: BATCH,
    });
    expect(layout.trainable.entries.map(({ fullName }) => fullName)).toContain('conv2d/kernel');
    expect(graph.nodes.map(({ op }) => op)).toContain('BatchNormalization');
  });
});
