/**
 * Graphs whose channels lie in blocks compute the same as those whose channels do not: gradients of
 * small networks over random shapes, and every preset that is made of such layers.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelBlock } from '#core/engine/backends/channel-block.ts';
import { blockChannels } from '#core/engine/blocked/index.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { concrete, elements } from '#core/engine/graph/shape.ts';
import type { TensorData, Value } from '#core/engine/graph/types.ts';
import { blockedLowerings } from '#core/engine/ops/lowerings.ts';
import { initialValues, unpack } from '#core/engine/programs/parameters.ts';
import { buildTrainStep, type TrainStep } from '#core/engine/programs/train-step.ts';
import { Random } from '#core/engine/random.ts';
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import {
  autodiffGradients,
  checkGradient,
  cpu,
  expectClose,
  randomTensor,
  type GradientCase,
} from './harness.ts';

/** Channels of this machine's blocks. The rest of this file says nothing where there are none. */
const block = await channelBlock(cpu);
const whole = Math.max(block, 8);

interface Shape {
  batch: number;
  channels: number;
  filters: [number, number];
  size: [number, number];
  kernel: [number, number];
  strides: [number, number];
  dilations: [number, number];
  pads: [number, number, number, number];
  pool: boolean;
}

const small = (most: number, least = 1) => fc.integer({ min: least, max: most });
const filters = fc.constantFrom(whole, 2 * whole, whole + 4);
const shapes: fc.Arbitrary<Shape> = fc.record({
  batch: small(18),
  channels: fc.constantFrom(1, 3, whole, 2 * whole, whole + 4),
  filters: fc.tuple(filters, filters),
  size: fc.tuple(small(10, 7), small(10, 7)),
  kernel: fc.tuple(small(3), small(3)),
  strides: fc.tuple(small(2), small(2)),
  dilations: fc.tuple(small(2), small(2)),
  pads: fc.tuple(small(2, 0), small(2, 0), small(2, 0), small(2, 0)),
  pool: fc.boolean(),
});

/** Convolution, ReLU, pool, convolution, a sum over channels: what most networks are made of. */
function network(s: Shape): GradientCase {
  const [first, second] = s.filters;
  return {
    inputs: {
      x: randomTensor([s.batch, s.channels, ...s.size], { away: 0.1 }),
      w: randomTensor([first, s.channels, ...s.kernel], { seed: 2 }),
      bias: randomTensor([first], { seed: 3 }),
      v: randomTensor([second, first, 3, 3], { seed: 4 }),
    },
    build(b, { x, w, bias, v }) {
      const { strides, dilations, pads } = s;
      const convolved = b.op('Conv', [x!, w!, bias!], { strides, dilations, pads });
      const relu = b.op('Relu', [convolved]);
      const window = { kernel_shape: [2, 2], strides: [2, 2] };
      const pooled = s.pool ? b.op('MaxPool', [relu], window) : relu;
      return b.op('Conv', [pooled, v!], { pads: [1, 1, 1, 1] });
    },
  };
}

const conv = (filters: number, more: object = {}): LayerSpec => ({
  type: 'conv2d',
  filters,
  kernel: [3, 3],
  padding: 'same',
  ...more,
});
const norm: LayerSpec = { type: 'batchnorm' };
const relu: LayerSpec = { type: 'activation', activation: 'relu' };

/** Normalisation, residual branches, both pools, dropout of pixels and of channels. */
const spec: ModelSpec = {
  name: 'everything',
  input: { height: 12, width: 10, channels: 3 },
  layers: [
    conv(whole, { activation: 'relu' }),
    { type: 'maxpool2d', size: [2, 2] },
    { type: 'residual', body: [conv(whole), norm, relu, conv(whole), norm], activation: 'relu' },
    { type: 'dropout', rate: 0.25 },
    conv(2 * whole, { strides: [2, 2], bias: false }),
    { type: 'batchnorm', scale: false },
    { type: 'activation', activation: 'gelu' },
    { type: 'spatialdropout2d', rate: 0.25 },
    conv(2 * whole, { kernel: [1, 1] }),
    { type: 'globalaveragepool2d' },
    { type: 'dense', units: 'classes', activation: 'softmax' },
  ],
  loss: 'crossentropy',
  optimizer: { type: 'sgd' },
};

function feeds({ graph, layout }: TrainStep): Record<string, TensorData> {
  const below: Record<string, number> = { image: 256, label: 5 };
  const tensor = ({ name, dtype, shape }: Value): TensorData => {
    const dims = concrete(shape);
    if (name === 'weights') return { dtype, dims, data: initialValues(layout.trainable, 3) };
    if (name === 'statistics') return { dtype, dims, data: initialValues(layout.statistics, 3) };
    const length = elements(dims);
    if (dtype === 'float32') return { dtype, dims, data: new Float32Array(length) };
    const random = new Random('blocked', name);
    const numbers = Array.from({ length }, () => random.below(below[name] ?? 2));
    return {
      dtype,
      dims,
      data: dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers),
    };
  };
  return Object.fromEntries(graph.inputs.map((value) => [value.name, tensor(value)]));
}

function floats(tensor: TensorData | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError('expected float32');
  return tensor.data;
}

describe('blocked channels', () => {
  it('agree with rows of channels over random shapes', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const testCase = network(shape);
        const plain = await autodiffGradients(testCase);
        const blocked = await autodiffGradients({
          ...testCase,
          lowerings: blockedLowerings(block),
        });
        for (const [name, expected] of Object.entries(plain.gradients)) {
          expectClose(blocked.gradients[name] ?? [], expected, 1e-4, name);
        }
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it('agree where a weight gradient is summed over strips of rows and groups of images', async () => {
    const testCase: GradientCase = {
      inputs: {
        x: randomTensor([2 * whole + 1, whole, 125, 21]),
        w: randomTensor([whole, whole, 3, 3], { seed: 2 }),
      },
      wrt: ['w'],
      build: (b, { x, w }) => b.op('Conv', [x!, w!], { strides: [2, 2], pads: [1, 0, 1, 1] }),
    };
    const plain = await autodiffGradients(testCase);
    const blocked = await autodiffGradients({ ...testCase, lowerings: blockedLowerings(block) });
    expectClose(blocked.gradients['w']!, plain.gradients['w']!, 1e-4, 'w');
  });

  it('agree with central differences', async () => {
    const testCase: GradientCase = {
      inputs: {
        x: randomTensor([2, whole, 4, 4]),
        w: randomTensor([whole, whole, 2, 2], { seed: 2, scale: 0.5 }),
      },
      build: (b, { x, w }) => b.op('Conv', [x!, w!], { pads: [1, 0, 1, 1] }),
      lowerings: blockedLowerings(block),
    };
    await checkGradient(testCase);
  });

  it.each([1, 5, 16])(
    'agree for a whole step of a network with everything, batch %i',
    async (batch) => {
      const results = await Promise.all(
        [1, block].map(async (size) => {
          const lowerings = blockedLowerings(size);
          const step = buildTrainStep({ spec, classes: 5, batch, lowerings, exposeGradient: true });
          const program = await cpu.compile(step.graph);
          const { gradient, statistics_next: statistics } = await program.run(feeds(step));
          await program.dispose();
          return { layout: step.layout.trainable, gradient, statistics };
        }),
      );
      const [plain, blocked] = results;
      const parts = (result: typeof plain) => unpack(plain!.layout, floats(result?.gradient));
      const found = new Map(parts(blocked));
      for (const [name, { data }] of parts(plain)) {
        const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-4);
        const scaled = (values: Float32Array) => values.map((value) => value / largest);
        expectClose(scaled(found.get(name)!.data), scaled(data), 1e-3, name);
      }
      expectClose(floats(blocked?.statistics), floats(plain?.statistics), 1e-4, 'statistics');
    },
  );

  it('is what the graph really uses', () => {
    const b = new GraphBuilder('used');
    const x = b.input('x', 'float32', [1, whole, 5, 5]);
    b.output('y', b.op('Relu', [b.op('Conv', [x, b.input('w', 'float32', [whole, whole, 3, 3])])]));
    const names = blockChannels(b.finish(), whole).nodes.map(({ op }) => op);
    expect(names).toContain('NchwcConv');
    expect(names).not.toContain('Conv');
    expect(names).not.toContain('Relu');
  });
});
