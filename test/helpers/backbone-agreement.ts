/** Imported networks beside PyTorch’s numbers, as test/interop/pytorch/backbones.py writes them. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { gradients } from '#core/engine/autodiff.ts';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import type { TensorData, Value } from '#core/engine/graph/types.ts';
import { readOnnx } from '#core/engine/import/onnx.ts';
import { replay } from '#core/engine/import/replay.ts';
import type { ImportedGraph } from '#core/engine/import/types.ts';

/** The script’s. */
const RATE = 0.01;
const CLASSES = 10;

/** Largest differences, as shares of the largest number of a parameter. */
export interface Disagreement {
  /** Of the loss, relative. */
  loss: number;
  gradient: number;
  /** The parameter where it is largest. */
  at: string;
  /** Of how far the weights moved in three steps, beyond float32’s rounding of the weights. */
  steps: number;
  /** Of the running statistics after them, where they follow the batches. */
  statistics: number;
  parameters: number;
}

/** x, labels one-hot, and every parameter → loss and d loss / d each parameter. */
async function compile(graph: ImportedGraph, images: TensorData, training: boolean) {
  const b = new GraphBuilder('agreement');
  const x = b.input('x', 'float32', images.dims);
  const target = b.input('target', 'float32', [images.dims[0]!, CLASSES]);
  const names = [...graph.weights.keys()].filter((name) => !graph.statistics.has(name));
  const inputs = training ? [...graph.weights.keys()] : names;
  const values = new Map<string, Value>(
    inputs.map((name) => [name, b.input(name, 'float32', graph.weights.get(name)!.dims)]),
  );
  const logits = replay(b, graph, x, {
    cut: graph.outputs[0]!,
    parameter: (name) => values.get(name) ?? b.initializer(name, graph.weights.get(name)!),
    batchStatistics: training
      ? { of: () => true, update: (name, value) => b.output(`next.${name}`, value) }
      : undefined,
  });
  const chosen = b.op('Mul', [target, b.op('LogSoftmax', [logits], { axis: 1 })]);
  const sum = b.op('ReduceSum', [chosen], { keepdims: 0 });
  const loss = b.op('Mul', [sum, b.scalar(-1 / images.dims[0]!)]);
  b.output('loss', loss);
  const slopes = gradients(
    b,
    loss,
    names.map((name) => values.get(name)!),
  );
  for (const [index, slope] of slopes.entries()) b.output(`grad.${names[index]!}`, slope);
  const program = await createBackend(chooseBackend('cpu', 2), 2).compile(b.finish());
  return { names, program };
}

/** What three float32 sums may lose of a weight, each of which is rounded twice. */
function rounding(weights: Float32Array): number {
  return weights.reduce((most, value) => Math.max(most, Math.abs(value)), 0) * 6 * 2 ** -24;
}

/** The largest difference beyond `slack`, as a share of the largest number. */
function distance(found: Float32Array, expected: Float32Array, slack = 0): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  const worst = found.reduce((most, value, at) => {
    const far = Math.abs(value - expected[at]!);
    return Number.isNaN(far) ? Infinity : Math.max(most, far);
  }, 0);
  return Math.max(0, worst - slack) / largest;
}

const floats = (tensor: TensorData | undefined) => tensor!.data as Float32Array;

/**
 * @param stem of NAME.onnx and NAME.safetensors
 * @param training batch normalisation goes by the batch, as in PyTorch's training mode
 */
export async function disagreement(stem: string, training = false): Promise<Disagreement> {
  const graph = readOnnx(readFileSync(`${stem}.onnx`), stem);
  const { tensors } = decodeSafetensors(readFileSync(`${stem}.safetensors`), stem);
  const theirs = (key: string) => tensors.get(key)?.data ?? expect.fail(`no ${key}`);
  const labels = theirs('labels');
  const images: TensorData = {
    dtype: 'float32',
    dims: tensors.get('images')!.shape,
    data: theirs('images'),
  };
  const target = new Float32Array(labels.length * CLASSES);
  for (const [row, label] of labels.entries()) target[row * CLASSES + label] = 1;

  const { names, program } = await compile(graph, images, training);
  const weights = new Map(
    names.map((key) => [key, Float32Array.from(floats(graph.weights.get(key)))]),
  );
  const statistics = new Map(
    [...(training ? graph.statistics : [])].map((key) => [key, floats(graph.weights.get(key))]),
  );
  const found = { loss: 0, gradient: 0, at: '', steps: 0, statistics: 0, parameters: 0 };
  for (let step = 0; step < 3; step++) {
    const given = [...weights, ...statistics].map(([key, data]) => {
      const { dims } = graph.weights.get(key)!;
      return [key, { dtype: 'float32', dims, data }] as const;
    });
    const answers = await program.run({
      x: images,
      target: { dtype: 'float32', dims: [labels.length, CLASSES], data: target },
      ...Object.fromEntries(given),
    });
    if (step === 0) {
      found.loss = Math.abs(floats(answers['loss'])[0]! / theirs('loss')[0]! - 1);
      for (const key of names) {
        const far = distance(floats(answers[`grad.${key}`]), theirs(`grad.${key}`));
        if (far > found.gradient) Object.assign(found, { gradient: far, at: key });
      }
    }
    for (const key of statistics.keys())
      statistics.set(key, floats(answers[`next.${key}`]).slice());
    for (const [key, data] of weights) {
      const slope = floats(answers[`grad.${key}`]);
      for (let at = 0; at < data.length; at++) data[at]! -= RATE * slope[at]!;
    }
  }
  await program.dispose();
  for (const [key, data] of statistics) {
    found.statistics = Math.max(found.statistics, distance(data, theirs(`after.${key}`)));
  }
  for (const [key, data] of weights) {
    const before = floats(graph.weights.get(key));
    const moved = data.map((value, at) => value - before[at]!);
    const expected = theirs(`after.${key}`).map((value, at) => value - before[at]!);
    found.steps = Math.max(found.steps, distance(moved, expected, rounding(before)));
    found.parameters += data.length;
  }
  return found;
}
