/** Runs graphs in the real runtime and compares gradients with central differences. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { gradients } from '#core/engine/autodiff.ts';
import { blockChannels } from '#core/engine/blocked/index.ts';
import { createBackend, type Program } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { concrete, elements } from '#core/engine/graph/shape.ts';
import type { Graph, TensorData, Value } from '#core/engine/graph/types.ts';
import { defaultLowerings, type Lowerings } from '#core/engine/ops/lowerings.ts';
import { Random } from '#core/engine/random.ts';
import { writeTargets } from '#core/engine/targets.ts';

await tf.setBackend('cpu');

export const cpu = createBackend(chooseBackend('cpu', 1), 1);

export async function compile(graph: Graph): Promise<Program> {
  return await cpu.compile(graph);
}

/** Numbers in ±`scale`, none closer to zero than `away`: central differences hate kinks. */
export function randomTensor(
  dims: readonly number[],
  { seed = 1, scale = 1, away = 0, positive = false } = {},
): TensorData {
  const random = new Random(seed, 'test', dims.join('x'));
  const data = Float32Array.from({ length: elements(dims) }, () => {
    const size = away + random.uniform() * (scale - away);
    return positive || random.uniform() < 0.5 ? size : -size;
  });
  return { dtype: 'float32', dims, data };
}

/** All different by at least `gap`, in random order: no ties for a max to break. */
export function distinctTensor(dims: readonly number[], { seed = 1, gap = 0.1 } = {}): TensorData {
  const count = elements(dims);
  const order = new Random(seed, 'distinct').permutation(count);
  const data = Float32Array.from(order, (rank) => (rank - count / 2) * gap);
  return { dtype: 'float32', dims, data };
}

export interface GradientCase {
  inputs: Record<string, TensorData>;
  /** The output to differentiate, float32 of any shape. */
  build(b: GraphBuilder, inputs: Record<string, Value>): Value;
  /** Inputs to differentiate with respect to; all by default. */
  wrt?: string[];
  /** Of the differences. A kink must be further away than twice this. */
  step?: number;
  tolerance?: number;
  lowerings?: Partial<Lowerings>;
  /** The same function in TensorFlow.js, in the same layout. */
  oracle?(inputs: Record<string, tf.Tensor>): tf.Tensor;
}

/** What `checkGradient` looks at in a large input: so many of its numbers, drawn at random. */
const MOST_NUMBERS = 48;

function declare(b: GraphBuilder, inputs: Record<string, TensorData>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, dims }]) => [name, b.input(name, dtype, dims)]),
  );
}

function floats(tensor: TensorData | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError('expected float32');
  return tensor.data;
}

function differentiated({ wrt, inputs }: GradientCase): string[] {
  return wrt ?? Object.keys(inputs);
}

interface Found {
  output: Float32Array;
  gradients: Record<string, Float32Array>;
  /** Of the outputs in the sum that is differentiated. */
  weights: TensorData;
}

/** Gradients of Σ output · weights by autodiff, through the runtime. */
export async function autodiffGradients(testCase: GradientCase): Promise<Found> {
  const b = new GraphBuilder('autodiff', { ...defaultLowerings, ...testCase.lowerings });
  const values = declare(b, testCase.inputs);
  const output = testCase.build(b, values);
  const weights = randomTensor(concrete(output.shape), { seed: 99 });
  const loss = b.op('ReduceSum', [b.op('Mul', [output, b.tensor(weights)])], { keepdims: 0 });
  const names = differentiated(testCase);
  const wrt = names.map((name) => {
    const value = values[name];
    if (!value) throw new RangeError(name);
    return value;
  });
  b.output('y', output);
  for (const [index, grad] of gradients(b, loss, wrt).entries())
    b.output(`d_${names[index]}`, grad);
  const program = await compile(blockChannels(b.finish(), b.lowerings.block));
  const results = await program.run(testCase.inputs);
  await program.dispose();
  return {
    output: floats(results['y']),
    gradients: Object.fromEntries(names.map((name) => [name, floats(results[`d_${name}`])])),
    weights,
  };
}

/** Some numbers of a tensor by their places. */
type Sample = Map<number, number>;

/**
 * d Σ f · weights / d each input, of its numbers or some of them, by differences over five points:
 * (8 (f(x + h) − f(x − h)) − (f(x + 2h) − f(x − 2h))) / 12h. That is exact for polynomials up to the
 * fourth degree and off by h⁴ f⁽⁵⁾ / 30 for others, so h may be large beside float32's rounding.
 */
async function differences(testCase: GradientCase, weights: TensorData) {
  const b = new GraphBuilder('forward');
  b.output('y', testCase.build(b, declare(b, testCase.inputs)));
  const program = await compile(b.finish());
  const objective = async (): Promise<number> => {
    const { y } = await program.run(testCase.inputs);
    // Summed in double precision: float32 sums would drown the difference.
    return floats(y).reduce((sum, value, index) => sum + value * Number(weights.data[index]), 0);
  };
  const step = testCase.step ?? 2 ** -5;
  const result = new Map<string, Sample>();
  for (const name of differentiated(testCase)) {
    const data = floats(testCase.inputs[name]);
    const sample: Sample = new Map();
    const order = new Random('sample', name).permutation(data.length);
    for (const index of order.slice(0, MOST_NUMBERS)) {
      const before = data[index] ?? 0;
      const at = async (steps: number) => {
        data[index] = before + steps * step;
        return await objective();
      };
      const near = (await at(1)) - (await at(-1));
      const far = (await at(2)) - (await at(-2));
      data[index] = before;
      sample.set(index, (8 * near - far) / (12 * step));
    }
    result.set(name, sample);
  }
  await program.dispose();
  return result;
}

/** Autodiff, with each of the given lowerings, against differences and TensorFlow.js. */
export async function checkGradient(
  testCase: GradientCase,
  variants: Record<string, Partial<Lowerings>> = { 'as given': {} },
): Promise<void> {
  let expected: { plain: Found; numbers: Map<string, Sample>; oracle: Found | null } | undefined;
  const tolerance = testCase.tolerance ?? 2e-4;
  for (const [variant, lowerings] of Object.entries(variants)) {
    const found = await autodiffGradients({
      ...testCase,
      lowerings: { ...testCase.lowerings, ...lowerings },
    });
    expected ??= {
      plain: found,
      numbers: await differences(testCase, found.weights),
      oracle: oracleGradients(testCase, found.weights),
    };
    const { plain, numbers, oracle } = expected;
    const largest = (values: Float32Array) => values.reduce((a, v) => Math.max(a, Math.abs(v)), 1);
    expectClose(found.output, plain.output, 1e-5, `${variant}: output`);
    if (oracle) expectClose(found.output, oracle.output, 1e-5, `${variant}: TensorFlow.js' output`);
    for (const [name, grad] of Object.entries(found.gradients)) {
      const sample = numbers.get(name) ?? new Map<number, number>();
      const what = `${variant}: d / d ${name}`;
      expectClose(
        [...sample.keys()].map((index) => grad[index] ?? NaN),
        [...sample.values()],
        // A sample may have missed the largest ones.
        tolerance * largest(grad),
        what,
      );
      const theirs = oracle?.gradients[name];
      if (theirs) expectClose(grad, theirs, 1e-5, `${what}, TensorFlow.js`);
    }
  }
}

function oracleGradients(testCase: GradientCase, weights: TensorData): Found | null {
  const { oracle } = testCase;
  if (!oracle) return null;
  const names = differentiated(testCase);
  const tensor = ({ dims, dtype, data }: TensorData) =>
    tf.tensor(data as Float32Array, [...dims], dtype === 'bool' ? 'bool' : 'float32');
  tf.engine().startScope();
  try {
    const given = Object.fromEntries(
      Object.entries(testCase.inputs).map(([name, data]) => [name, tensor(data)]),
    );
    const of = (variables: tf.Tensor[]) =>
      oracle({ ...given, ...Object.fromEntries(names.map((name, at) => [name, variables[at]!])) });
    const variables = names.map((name) => given[name]!);
    const output = of(variables);
    expect(output.shape, "TensorFlow.js' shape").toEqual(weights.dims);
    const scaled = tensor(weights);
    const grads = tf.grads((...wrt: tf.Tensor[]) => tf.sum(tf.mul(of(wrt), scaled)))(variables);
    return {
      output: output.dataSync<'float32'>(),
      gradients: Object.fromEntries(
        names.map((name, at) => [name, grads[at]!.dataSync<'float32'>()]),
      ),
      weights,
    };
  } finally {
    tf.engine().endScope();
  }
}

/** Each number within `tolerance`, absolutely or relative to the largest of them. */
export function expectClose(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  expect(found.length, what).toBe(expected.length);
  let largest = 0;
  let worst = 0;
  let at = 0;
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs((found[index] ?? NaN) - (expected[index] ?? NaN));
    largest = Math.max(largest, Math.abs(expected[index] ?? 0));
    if (!(difference <= worst)) {
      worst = difference;
      at = index;
    }
  }
  expect(
    worst,
    `${what} differs most at ${at}: ${found[at]} instead of ${expected[at]}`,
  ).toBeLessThanOrEqual(tolerance * Math.max(1, largest));
}

/** What a training graph takes for images of one class each. */
export function targetsOf(labels: Int32Array, classes: number): TensorData {
  const data = new Float32Array(labels.length * classes);
  writeTargets(data, labels, classes);
  return { dtype: 'float32', dims: [labels.length, classes], data };
}
