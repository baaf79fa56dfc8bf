/** Losses against central differences, TensorFlow.js, and what is known of them at the extremes. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import type { TensorData } from '#core/engine/graph/types.ts';
import {
  buildLoss,
  buildProbabilities,
  classWeightsOf,
  clipByNorm,
  joinMembers,
  outputsOf,
  scoreRow,
  type Head,
  type LossOptions,
} from '#core/engine/losses.ts';
import { checkGradient, compile, expectClose, randomTensor, targetsOf } from './harness.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const heads: Head[] = ['softmax', 'sigmoid', 'sigmoids'];
const options: LossOptions[] = [{}, { labelSmoothing: 0.2 }, { classWeights: [0.5, 3] }];
const CLASSES = 2;
const labels = Int32Array.of(1, 0, 0, 1);
const hot = targetsOf(labels, CLASSES);
/** As mixed images have them; the same classes have the larger share. */
const mixed: TensorData = {
  ...hot,
  data: Float32Array.of(0.2, 0.8, 0.7, 0.3, 1, 0, 0.45, 0.55),
};
const targets = { 'one class': hot, 'shares of two': mixed };
const cases = heads.flatMap((head) =>
  options.flatMap((each) =>
    Object.entries(targets).map(([name, target]): [string, Head, LossOptions, TensorData] => [
      `${head} ${JSON.stringify(each)}, ${name} an image`,
      head,
      each,
      target,
    ]),
  ),
);

async function evaluate(head: Head, logits: TensorData, given: LossOptions, target = hot) {
  const b = new GraphBuilder('loss');
  const z = b.input('z', 'float32', logits.dims);
  const { loss, correct } = buildLoss(b, head, z, b.input('y', 'float32', target.dims), given);
  b.output('loss', loss);
  b.output('correct', correct);
  b.output('probabilities', buildProbabilities(b, head, z));
  const program = await compile(b.finish());
  const results = await program.run({ z: logits, y: target });
  await program.dispose();
  return {
    loss: Number(results['loss']!.data[0]),
    correct: Number(results['correct']!.data[0]),
    probabilities: results['probabilities']!.data as Float32Array,
  };
}

/** Mean of TensorFlow's own loss of each image, weighted. */
function oracle(
  head: Head,
  logits: TensorData,
  { labelSmoothing = 0, classWeights }: LossOptions,
  { data }: TensorData,
) {
  const z = tf.tensor2d(logits.data as Float32Array, logits.dims as [number, number]);
  const shares = tf.tensor2d(data as Float32Array, [4, CLASSES]);
  const target = head === 'sigmoid' ? tf.slice(shares, [0, 1], [4, 1]) : shares;
  const weights = Array.from({ length: 4 }, (_, image) =>
    (classWeights ?? [1, 1]).reduce(
      (sum, weight, label) => sum + weight * Number(data[image * CLASSES + label]),
      0,
    ),
  );
  const none = tf.Reduction.NONE;
  const each = Array.from({ length: 4 }, (_, image) => {
    const row = (x: tf.Tensor) => tf.slice(x as tf.Tensor2D, [image, 0], [1, -1]);
    const loss =
      head === 'softmax'
        ? tf.losses.softmaxCrossEntropy(row(target), row(z), undefined, labelSmoothing, none)
        : tf.losses.sigmoidCrossEntropy(row(target), row(z), undefined, labelSmoothing, none);
    return tf.mean(loss).dataSync()[0]! * weights[image]!;
  });
  return each.reduce((sum, value) => sum + value, 0) / 4;
}

describe('loss of', () => {
  it.each(cases)('%s', async (_name, head, given, target) => {
    const logits = randomTensor([4, outputsOf(head, CLASSES)], { scale: 3 });
    const { loss, correct, probabilities } = await evaluate(head, logits, given, target);
    expect(loss).toBeCloseTo(oracle(head, logits, given, target), 5);
    await checkGradient({
      inputs: { z: logits },
      build: (b, { z }) => buildLoss(b, head, z!, b.tensor(target), given).loss,
    });

    const width = outputsOf(head, CLASSES);
    const rows = Array.from({ length: 4 }, (_, image) => {
      const row = (logits.data as Float32Array).subarray(image * width, (image + 1) * width);
      const label = labels[image]!;
      const scored = scoreRow(head, row, label, given.labelSmoothing);
      return { ...scored, loss: scored.loss * (given.classWeights?.[label] ?? 1) };
    });
    // On the host an image is of one class.
    if (target === hot)
      expect(rows.reduce((sum, row) => sum + row.loss, 0) / 4).toBeCloseTo(loss, 5);
    expect(rows.filter((row) => row.correct).length).toBe(correct);
    for (const [image, row] of rows.entries()) {
      const [first = 0, second = 0] = probabilities.subarray(image * 2, image * 2 + 2);
      expect(first + second).toBeCloseTo(1, 6);
      expect(Number(second > first) === labels[image]).toBe(row.correct);
    }
  });

  it.each(heads)('%s stays finite for huge logits', async (head) => {
    const width = outputsOf(head, CLASSES);
    const data = Float32Array.from({ length: 4 * width }, (_, i) => (i % 3 === 0 ? 1e4 : -1e4));
    const found = await evaluate(head, { dtype: 'float32', dims: [4, width], data }, {});
    expect(Number.isFinite(found.loss)).toBe(true);
    for (let image = 0; image < 4; image++) {
      expect(found.probabilities[2 * image]! + found.probabilities[2 * image + 1]!).toBeCloseTo(
        1,
        6,
      );
    }
  });
});

it('of several members is the mean of their losses, and their joint answer the mean of their probabilities', async () => {
  const members = 3;
  const logits = randomTensor([4, members * CLASSES], { scale: 3 });
  const numbers = logits.data as Float32Array;
  const alone = Array.from({ length: members }, (_, member) => ({
    ...logits,
    dims: [4, CLASSES],
    data: Float32Array.from(
      { length: 4 * CLASSES },
      (_, at) => numbers[(Math.floor(at / CLASSES) * members + member) * CLASSES + (at % CLASSES)]!,
    ),
  }));
  const given: LossOptions = { labelSmoothing: 0.1, classWeights: [0.5, 3] };
  const each = await Promise.all(alone.map((one) => evaluate('softmax', one, given, mixed)));
  const b = new GraphBuilder('members');
  const z = b.input('z', 'float32', logits.dims);
  b.output('loss', buildLoss(b, 'softmax', z, b.tensor(mixed), { ...given, members }).loss);
  b.output('joint', buildProbabilities(b, 'softmax', joinMembers(b, z, members)));
  const program = await compile(b.finish());
  const found = await program.run({ z: logits });
  await program.dispose();
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / members;
  expect(Number(found['loss']!.data[0])).toBeCloseTo(mean(each.map(({ loss }) => loss)), 5);
  expectClose(
    found['joint']!.data as Float32Array,
    each[0]!.probabilities.map((_, at) => mean(each.map((one) => one.probabilities[at]!))),
    1e-6,
    'joint answer',
  );
  await checkGradient({
    inputs: { z: logits },
    build: (b, { z }) => buildLoss(b, 'softmax', z!, b.tensor(mixed), { ...given, members }).loss,
  });
});

it('balances classes by how many images they have', () => {
  const weights = classWeightsOf('balanced', Int32Array.of(0, 0, 0, 1, 0, 1), 3);
  expect(weights).toEqual([6 / 12, 1, 1]);
  expect(classWeightsOf([1, 2], Int32Array.of(0), 2)).toEqual([1, 2]);
});

it('clips a gradient by the norm of all its numbers', async () => {
  const b = new GraphBuilder('clip');
  const g = b.input('g', 'float32', [4]);
  b.output('long', clipByNorm(b, g, 2.5));
  b.output('short', clipByNorm(b, g, 7));
  const program = await compile(b.finish());
  const data = Float32Array.of(1, -2, 2, 4);
  const results = await program.run({ g: { dtype: 'float32', dims: [4], data } });
  await program.dispose();
  expectClose(results['long']!.data as Float32Array, [0.5, -1, 1, 2], 1e-6, 'clipped');
  expectClose(results['short']!.data as Float32Array, data, 1e-6, 'as it was');
});
