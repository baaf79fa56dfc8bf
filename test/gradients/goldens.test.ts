/** The training step against PyTorch's numbers, from files that make-goldens.py wrote. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { layerSpec } from '#shared/layer-spec.ts';
import type { OptimizerSpec } from '#shared/model-spec.ts';
import { initialValues, unpack } from '#core/engine/programs/parameters.ts';
import { buildTrainStep } from '#core/engine/programs/train-step.ts';
import type { TensorData } from '#core/engine/graph/types.ts';
import { compile, expectClose } from './harness.ts';

const floats = z.string().transform((text) => {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer);
});
const golden = z.object({
  input: z.object({
    height: z.number(),
    width: z.number(),
    channels: z.union([z.literal(1), z.literal(3)]),
  }),
  classes: z.number(),
  layers: z.array(layerSpec),
  image: z.string().transform((text) => Uint8Array.from(Buffer.from(text, 'base64'))),
  label: z.array(z.number()),
  weights: floats,
  loss: z.number(),
  gradient: floats,
  rate: z.object({ sgd: z.number(), adam: z.number() }),
  after: z.object({ sgd: floats, adam: floats }),
});

const vector = (data: Float32Array): TensorData => ({
  dtype: 'float32',
  dims: [data.length],
  data,
});

/** Relative to the largest number of the parameter: small ones are sums that cancel out. */
function expectRelative(found: Float32Array, expected: Float32Array, what: string): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const scaled = (values: Float32Array) => values.map((value) => value / largest);
  expectClose(scaled(found), scaled(expected), 1e-3, what);
}

describe.each(['resnet', 'batchnorm', 'depthwise'])('%s', (name) => {
  const file = new URL(`../goldens/${name}.json`, import.meta.url);
  const { input, layers, label, ...given } = golden.parse(JSON.parse(readFileSync(file, 'utf8')));

  it.each(['sgd', 'adam'] as const)('agrees with PyTorch, %s', async (type) => {
    const optimizer: OptimizerSpec = { type };
    const spec = { name, input, layers, loss: 'crossentropy', optimizer } as const;
    const batch = label.length;
    const step = buildTrainStep({ spec, classes: given.classes, batch, exposeGradient: true });
    const { trainable, statistics } = step.layout;
    expect(trainable.size).toBe(given.weights.length);
    const rate = step.optimizer.scalarsAt(1, given.rate[type]);
    const program = await compile(step.graph);
    const results = await program.run({
      image: {
        dtype: 'uint8',
        dims: [batch, input.height, input.width, input.channels],
        data: given.image,
      },
      label: { dtype: 'int32', dims: [batch], data: Int32Array.from(label) },
      weights: vector(given.weights),
      statistics: vector(initialValues(statistics, 1)),
      rate: { dtype: 'float32', dims: [], data: Float32Array.from(rate) },
      ...Object.fromEntries(
        step.optimizer.slots.map((slot) => [
          `slot_${slot}`,
          vector(new Float32Array(trainable.size)),
        ]),
      ),
    });
    await program.dispose();
    expect(Math.abs(Number(results['loss']!.data[0]) / given.loss - 1)).toBeLessThan(1e-3);
    const gradient = new Map(unpack(trainable, given.gradient));
    for (const [parameter, { data }] of unpack(
      trainable,
      results['gradient']!.data as Float32Array,
    )) {
      expectRelative(data, gradient.get(parameter)!.data, `d loss / d ${parameter}`);
    }
    const moved = (values: Float32Array) => values.map((value, i) => value - given.weights[i]!);
    const found = moved(results['weights_next']!.data as Float32Array);
    const expected = moved(given.after[type]);
    // Adam makes a whole step of any gradient, and of rounding noise a step of either sign.
    const noise = type === 'adam' ? 2e-5 : 0;
    const isNoise = (_: number, i: number) => Math.abs(given.gradient[i]!) < noise;
    expect(expected.filter(isNoise).length).toBeLessThan(0.05 * expected.length);
    const without = (values: Float32Array) => values.map((v, i) => (isNoise(v, i) ? 0 : v));
    expectRelative(without(found), without(expected), 'step');
  });
});
