/** Where a model looks, against PyTorch's numbers (test/goldens/make-inspect.py) and definitions. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { layerSpec } from '#shared/layer-spec.ts';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { InspectService } from '#core/engine/inspect/service.ts';
import type { AttributionMap, InspectOptions, InspectTasks } from '#core/engine/inspect/tasks.ts';
import type { TensorSet } from '#core/engine/protocol.ts';
import { saveModel } from '../../helpers/saved-model.ts';
import { temporaryFolder } from '../engine/helpers.ts';

const bytes = z.string().transform((text) => Uint8Array.from(Buffer.from(text, 'base64')));
const floats = bytes.transform(({ buffer }) => new Float32Array(buffer));
const map = z.object({ class: z.number(), values: floats });
const { networks } = z
  .object({
    networks: z.record(
      z.string(),
      z.object({
        input: z.object({
          height: z.number(),
          width: z.number(),
          channels: z.union([z.literal(1), z.literal(3)]),
        }),
        classes: z.number(),
        layers: z.array(layerSpec),
        image: bytes,
        weights: floats,
        statistics: floats,
        probabilities: z.array(z.number()),
        cams: z.array(map.extend({ layer: z.string() })),
        saliency: z.array(map),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../goldens/inspect.json', import.meta.url), 'utf8')));

const backend = createBackend(chooseBackend('cpu', 1), 1);

type Input = InspectTasks['attribution']['input'];

async function open(name: string) {
  const { input, layers, classes, image, weights, statistics } = networks[name]!;
  const runDir = await temporaryFolder();
  const spec = { name, input, layers, loss: 'crossentropy', optimizer: { type: 'sgd' } } as const;
  await saveModel(runDir, spec, classes, () => ({ trainable: weights, statistics }));
  const service = new InspectService(backend);
  const set: TensorSet = {
    ...input,
    source: { kind: 'inline', data: image },
    slots: Uint32Array.of(0),
    labels: Int32Array.of(-1),
  };
  const subject = { runDir, checkpoint: 'best' } as const;
  const attribute = async (
    method: Input['method'],
    index?: number,
    { onStep, signal }: InspectOptions<'attribution'> = {},
  ) =>
    (await service.perform(
      { task: 'attribution', subject, input: { set, method, class: index } },
      { signal, onStep: onStep as InspectOptions['onStep'] },
    )) as AttributionMap;
  return { attribute, input, set };
}

/** Relative to the largest. */
function expectClose(found: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  const worst = found.reduce(
    (most, value, at) => Math.max(most, Math.abs(value - expected[at]!)),
    0,
  );
  expect(worst / largest).toBeLessThan(tolerance);
}

describe.each(Object.keys(networks))('%s', (name) => {
  const { cams, saliency, probabilities } = networks[name]!;

  it('has PyTorch’s Grad-CAM', async () => {
    const { attribute } = await open(name);
    expect(cams.some(({ values }) => values.some((value) => value > 0))).toBe(true);
    for (const { layer, class: index, values } of cams) {
      const found = await attribute({ type: 'cam', layer }, index);
      expectClose(found.values, values, 1e-4);
      expect(found.height * found.width).toBe(values.length);
      expect(found.probability).toBeCloseTo(probabilities[index]!, 5);
    }
  });

  it('has PyTorch’s slopes along the pixels', async () => {
    const { attribute } = await open(name);
    for (const { class: index, values } of saliency) {
      expectClose((await attribute({ type: 'saliency' }, index)).values, values, 1e-4);
    }
  });

  it('is asked about what it says unless told', async () => {
    const { attribute } = await open(name);
    const { class: index } = await attribute({ type: 'saliency' });
    expect(probabilities[index]).toBe(Math.max(...probabilities));
  });
});

describe('SmoothGrad', () => {
  it('without noise is the saliency map', async () => {
    const { attribute } = await open('batchnorm');
    const smooth = { type: 'smoothgrad', samples: 6, noise: 0, seed: 1 } as const;
    const { values } = await attribute({ type: 'saliency' }, 1);
    expectClose((await attribute(smooth, 1)).values, values, 1e-5);
  });

  it('comes in steps, and the same again with the same seed', async () => {
    const { attribute } = await open('batchnorm');
    const smooth = { type: 'smoothgrad', samples: 10, noise: 0.2, seed: 3 } as const;
    const steps: AttributionMap[] = [];
    const last = await attribute(smooth, 1, { onStep: (step) => steps.push(step) });
    expect(steps.map(({ done, total }) => [done, total])).toEqual([
      [4, 10],
      [8, 10],
    ]);
    expect(last.done).toBe(10);
    expect((await attribute(smooth, 1)).values).toEqual(last.values);
    expect((await attribute({ ...smooth, seed: 4 }, 1)).values).not.toEqual(last.values);
  });
});

describe('occlusion', () => {
  const method = { type: 'occlusion', patch: 6, stride: 3, fill: 'black' } as const;

  it('is each pixel’s mean loss of probability over the squares on it', async () => {
    const { attribute, input, set } = await open('batchnorm');
    const { height, width } = input;
    const { values, probability } = await attribute(method, 2);
    const sums = new Float64Array(height * width);
    const counts = new Float64Array(height * width);
    const { data } = set.source as { data: Uint8Array };
    const places = (size: number) => [
      ...new Set([0, 3, 6, 9, 12, 15, 18].filter((at) => at <= size - 6)).add(size - 6),
    ];
    for (const top of places(height)) {
      for (const left of places(width)) {
        const covered = data.slice();
        const inside: number[] = [];
        for (let y = top; y < top + 6; y++) {
          for (let x = left; x < left + 6; x++) inside.push(y * width + x);
        }
        for (const at of inside) covered[at] = 0;
        const asked = await open('batchnorm');
        (asked.set.source as { data: Uint8Array }).data = covered;
        const { probability: without } = await asked.attribute({ type: 'saliency' }, 2);
        for (const at of inside) {
          sums[at]! += probability - without;
          counts[at]! += 1;
        }
      }
    }
    const expected = Float32Array.from(sums, (sum, at) => sum / counts[at]!);
    expectClose(values, expected, 1e-4);
  });

  it('covers the whole picture first, then in between', async () => {
    const { attribute } = await open('batchnorm');
    const steps: AttributionMap[] = [];
    const last = await attribute(method, 2, { onStep: (step) => steps.push(step) });
    // Four by four squares of 6 cover 24 × 20.
    expect(steps[0]).toMatchObject({ done: 16 });
    expect(steps[0]!.values.every((value) => value !== 0)).toBe(true);
    expect(last.done).toBe(last.total);
    expect(last.values).not.toEqual(steps[0]!.values);
  });

  it('ends when it is cancelled', async () => {
    const { attribute } = await open('batchnorm');
    const stop = new AbortController();
    let seen = 0;
    const onStep = () => {
      seen++;
      stop.abort();
    };
    await expect(
      attribute({ ...method, stride: 1 }, 2, { onStep, signal: stop.signal }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(seen).toBe(1);
  });
});
