/** Runs graphs in the real runtime and compares gradients with central differences. */
import { expect } from 'vitest';
import { gradients } from '#core/engine/autodiff.ts';
import { blockChannels } from '#core/engine/blocked/index.ts';
import { createBackend, type Program } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { toOnnx } from '#core/engine/graph/serialize.ts';
import { concrete, elements } from '#core/engine/graph/shape.ts';
import type { Graph, TensorData, Value } from '#core/engine/graph/types.ts';
import { defaultLowerings, type Lowerings } from '#core/engine/ops/lowerings.ts';
import { Random } from '#core/engine/random.ts';
import { writeTargets } from '#core/engine/targets.ts';

export const cpu = createBackend(chooseBackend('cpu', 1), 1);

export async function compile(graph: Graph): Promise<Program> {
  return await cpu.compile(toOnnx(graph));
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
  step?: number;
  tolerance?: number;
  lowerings?: Partial<Lowerings>;
}

function declare(b: GraphBuilder, inputs: Record<string, TensorData>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, dims }]) => [name, b.input(name, dtype, dims)]),
  );
}

function floats(tensor: TensorData | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError('expected float32');
  return tensor.data;
}

/** Gradients of Σ output · weights by autodiff, through the runtime. */
export async function autodiffGradients(
  testCase: GradientCase,
): Promise<{ gradients: Record<string, Float32Array>; weights: TensorData }> {
  const b = new GraphBuilder('autodiff', { ...defaultLowerings, ...testCase.lowerings });
  const values = declare(b, testCase.inputs);
  const output = testCase.build(b, values);
  const weights = randomTensor(concrete(output.shape), { seed: 99 });
  const loss = b.op('ReduceSum', [b.op('Mul', [output, b.tensor(weights)])], { keepdims: 0 });
  const names = testCase.wrt ?? Object.keys(testCase.inputs);
  const wrt = names.map((name) => {
    const value = values[name];
    if (!value) throw new RangeError(name);
    return value;
  });
  for (const [index, grad] of gradients(b, loss, wrt).entries())
    b.output(`d_${names[index]}`, grad);
  const program = await compile(blockChannels(b.finish(), b.lowerings.block));
  const results = await program.run(testCase.inputs);
  await program.dispose();
  return {
    gradients: Object.fromEntries(names.map((name) => [name, floats(results[`d_${name}`])])),
    weights,
  };
}

/** Autodiff against (f(x + h) − f(x − h)) / 2h, element by element. */
export async function checkGradient(testCase: GradientCase): Promise<void> {
  const { gradients: found, weights } = await autodiffGradients(testCase);
  const b = new GraphBuilder('forward');
  b.output('y', testCase.build(b, declare(b, testCase.inputs)));
  const program = await compile(b.finish());
  const objective = async (): Promise<number> => {
    const { y } = await program.run(testCase.inputs);
    // Summed in double precision: float32 sums would drown the difference.
    return floats(y).reduce((sum, value, index) => sum + value * Number(weights.data[index]), 0);
  };
  const step = testCase.step ?? 2 ** -6;
  for (const [name, grad] of Object.entries(found)) {
    const data = floats(testCase.inputs[name]);
    const expected = new Float32Array(data.length);
    for (let index = 0; index < data.length; index++) {
      const before = data[index] ?? 0;
      data[index] = before + step;
      const above = await objective();
      data[index] = before - step;
      const below = await objective();
      data[index] = before;
      expected[index] = (above - below) / (2 * step);
    }
    expectClose(grad, expected, testCase.tolerance ?? 2e-3, `d / d ${name}`);
  }
  await program.dispose();
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
