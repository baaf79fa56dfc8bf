/** Training steps against PyTorch's numbers, from files that make-goldens.py wrote. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { layerSpec } from '#shared/layer-spec.ts';
import { optimizerSpec, type OptimizerSpec } from '#shared/model-spec.ts';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { initialValues, unpack } from '#core/engine/programs/parameters.ts';
import type { Stepper } from '#core/engine/training/stepper.ts';
import { expectClose } from './harness.ts';

const bytes = z.string().transform((text) => Uint8Array.from(Buffer.from(text, 'base64')));
const floats = bytes.transform(({ buffer }) => new Float32Array(buffer));
const golden = z.object({
  input: z.object({
    height: z.number(),
    width: z.number(),
    channels: z.union([z.literal(1), z.literal(3)]),
  }),
  classes: z.number(),
  layers: z.array(layerSpec),
  images: z.array(bytes),
  labels: z.array(z.array(z.number())),
  weights: floats,
  loss: z.number(),
  gradient: floats,
  runs: z.record(
    z.string(),
    z.object({
      optimizer: optimizerSpec,
      rate: z.number(),
      losses: z.array(z.number()),
      after: floats,
    }),
  ),
});

/** Relative to the largest number of the parameter: small ones are sums that cancel out. */
function expectRelative(
  found: Float32Array,
  expected: Float32Array,
  tolerance: number,
  what: string,
): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const scaled = (values: Float32Array) => values.map((value) => value / largest);
  expectClose(scaled(found), scaled(expected), tolerance, what);
}

const backend = await createTrainingBackend(chooseBackend('cpu', 1), 1);

describe.each(['resnet', 'batchnorm', 'depthwise'])('%s', (name) => {
  const file = new URL(`../goldens/${name}.json`, import.meta.url);
  const { input, layers, images, labels, ...given } = golden.parse(
    JSON.parse(readFileSync(file, 'utf8')),
  );

  /** With PyTorch's weights in it. */
  async function stepperFor(optimizer: OptimizerSpec): Promise<Stepper> {
    const spec = { name, input, layers, loss: 'crossentropy', optimizer } as const;
    const stepper = backend.createStepper({ spec, classes: given.classes }, 1);
    const { trainable, statistics } = stepper.layout;
    expect(trainable.size).toBe(given.weights.length);
    await stepper.prepare(labels[0]?.length ?? 0);
    const slots = (await stepper.slots()).map(
      ([slot]) => [slot, new Float32Array(trainable.size)] as const,
    );
    const parameters = new Map([
      ...unpack(trainable, given.weights),
      ...unpack(statistics, initialValues(statistics, 1)),
    ]);
    await stepper.restore({ parameters, slots: new Map(slots) }, 0);
    return stepper;
  }

  const run = async (stepper: Stepper, step: number, rate: number): Promise<number> => {
    const { loss } = await stepper.run(images[step]!, Int32Array.from(labels[step]!), rate);
    return loss;
  };

  /** How far each parameter is from PyTorch's first weights. */
  async function moves(stepper: Stepper): Promise<[string, Float32Array][]> {
    const parameters = await stepper.parameters();
    return unpack(stepper.layout.trainable, given.weights).map(([parameter, { data }]) => {
      const now = parameters.get(parameter)!.data;
      return [parameter, data.map((before, at) => now[at]! - before)];
    });
  }

  it('has PyTorch’s loss and gradients', async () => {
    const stepper = await stepperFor({ type: 'sgd' });
    const gradient = new Map(unpack(stepper.layout.trainable, given.gradient));
    // The weights' own rounding vanishes beside so large a step.
    const rate = 2 ** 20;
    expect(Math.abs((await run(stepper, 0, rate)) / given.loss - 1)).toBeLessThan(1e-5);
    for (const [parameter, moved] of await moves(stepper)) {
      const found = moved.map((distance) => -distance / rate);
      expectRelative(found, gradient.get(parameter)!.data, 1e-4, `d loss / d ${parameter}`);
    }
    await stepper.dispose();
  });

  it.each(Object.entries(given.runs))('goes PyTorch’s way for five steps, %s', async (_, plan) => {
    const stepper = await stepperFor(plan.optimizer);
    for (const [step, expected] of plan.losses.entries()) {
      const loss = await run(stepper, step, plan.rate);
      expect(Math.abs(loss / expected - 1), `loss of step ${step + 1}`).toBeLessThan(1e-4);
    }
    const after = new Map(unpack(stepper.layout.trainable, plan.after));
    const start = new Map(unpack(stepper.layout.trainable, given.weights));
    for (const [parameter, moved] of await moves(stepper)) {
      const before = start.get(parameter)!.data;
      const expected = after.get(parameter)!.data.map((value, at) => value - before[at]!);
      expectRelative(moved, expected, 1e-3, parameter);
    }
    await stepper.dispose();
  });
});
