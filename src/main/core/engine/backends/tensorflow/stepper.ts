/** Training steps of TensorFlow.js: the same model, masks, optimizer and checkpoints. */
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import type { TensorData } from '../../graph/types.ts';
import { modelOf, type ResolvedModel } from '../../layers/resolve.ts';
import { givenWeights } from '../../losses.ts';
import { AVERAGE, createOptimizer, towards, type Optimizer } from '../../optimizers.ts';
import type { InferenceProgram } from '../../predictor.ts';
import { layoutParameters, type Packing, type ParameterLayout } from '../../programs/parameters.ts';
import { imagesOf, writeTargets, type Labels } from '../../targets.ts';
import { drawKeepMask } from '../../training/dropout-masks.ts';
import {
  answeringParameters,
  averages,
  checkpointVectors,
  initialState,
  stateOf,
  type TrainingState,
} from '../../training/state.ts';
import type { Restored, Stepper, StepperOptions, StepResult } from '../../training/stepper.ts';
import { forward } from './forward.ts';
import { correctOf, joinMembers, lossOf } from './loss.ts';
import { clipped, tensorflowArithmetic } from './optimizers.ts';
import type { Tensor, Tf } from './tf.ts';

/** Flat vectors, in the layout of checkpoints. */
interface State {
  weights: Tensor;
  slots: Tensor[];
  statistics: Tensor;
  averages: Tensor;
}

export class TensorflowStepper implements Stepper {
  readonly model: ResolvedModel;
  readonly layout: ParameterLayout;
  readonly #tf: Tf;
  readonly #options: StepperOptions;
  readonly #optimizer: Optimizer;
  readonly #seed: number;
  #frozen: Tensor;
  #state: State;
  #steps = 0;

  constructor(tf: Tf, options: StepperOptions, seed: number) {
    this.#tf = tf;
    this.model = modelOf(options);
    this.layout = layoutParameters(this.model, options.frozen);
    this.#options = options;
    this.#optimizer = createOptimizer(options.spec.optimizer, options.averaging);
    this.#seed = seed;
    const state = initialState(this.layout, this.#optimizer, seed);
    this.#frozen = tf.tensor1d(state.frozen);
    this.#state = this.#tensors(state);
  }

  get steps(): number {
    return this.#steps;
  }

  /** Nothing is compiled ahead: operations run one by one. */
  prepare(): Promise<void> {
    return Promise.resolve();
  }

  async run(pixels: Uint8Array, labels: Labels, learningRate: number): Promise<StepResult> {
    this.#steps++;
    const before = this.#state;
    const { loss, correct, ...next } = this.#tf.tidy(() =>
      this.#step(pixels, labels, learningRate),
    );
    this.#state = next;
    release(before);
    const [[lossNow = NaN], [correctNow = 0]] = await Promise.all([loss.data(), correct.data()]);
    loss.dispose();
    correct.dispose();
    return { loss: lossNow, correct: correctNow };
  }

  restore(checkpoint: Restored, steps: number): Promise<void> {
    const state = stateOf(this.layout, this.#optimizer, checkpoint);
    release(this.#state);
    this.#frozen.dispose();
    this.#frozen = this.#tf.tensor1d(state.frozen);
    this.#state = this.#tensors(state);
    this.#steps = steps;
    return Promise.resolve();
  }

  async parameters(): Promise<Map<string, FloatTensor>> {
    const state = await this.#read();
    return answeringParameters(this.layout, this.#optimizer, state, this.#steps);
  }

  async slots(): Promise<[string, Float32Array][]> {
    return checkpointVectors(this.#optimizer, await this.#read());
  }

  inference(): Promise<InferenceProgram> {
    return Promise.resolve({
      run: async ({ image }) => {
        if (!(image?.data instanceof Uint8Array)) throw new TypeError('image is not uint8');
        const { data, dims } = image;
        const logits = this.#tf.tidy(() => this.#answer(data, dims));
        const answer: TensorData = {
          dtype: 'float32',
          dims: logits.shape,
          data: await floats(logits),
        };
        logits.dispose();
        return { logits: answer };
      },
      dispose: () => Promise.resolve(),
    });
  }

  dispose(): Promise<void> {
    release(this.#state);
    this.#frozen.dispose();
    return Promise.resolve();
  }

  #step(pixels: Uint8Array, labels: Labels, learningRate: number) {
    const tf = this.#tf;
    const { spec } = this.#options;
    const { trainable, statistics } = this.layout;
    const { height, width, channels } = this.model.input;
    const { classes } = this.model;
    const batch = imagesOf(labels, classes);
    const image = unit(tf, pixels, [batch, height, width, channels]);
    const targets = new Float32Array(batch * classes);
    writeTargets(targets, labels, classes);
    const wanted = tf.tensor2d(targets, [batch, classes]);
    const fixed = this.#fixed(this.#state.statistics);
    const weights = parts(tf, trainable, this.#state.weights);
    const updated = new Map<string, Tensor>();
    let logits: Tensor | undefined;

    const { value: loss, grads } = tf.valueAndGrads((...values: Tensor[]) => {
      const byName = new Map(trainable.entries.map(({ fullName }, i) => [fullName, values[i]]));
      const answer = forward(tf, this.model, image, {
        training: true,
        parameter: (name) => known(byName.get(name) ?? fixed.get(name), name),
        keepMask: (layer, shape, rate) => this.#keepMask(layer, shape, rate),
        updateStatistic: (name, value) => updated.set(name, tf.keep(value)),
      });
      logits = tf.keep(answer);
      return lossOf(tf, this.model.head, answer, wanted, {
        labelSmoothing: this.model.labelSmoothing,
        members: this.model.members,
        classWeights: this.#options.classWeights ?? givenWeights(spec),
      }).asScalar();
    })(weights);

    const slopes = trainable.entries.map(({ l2, fullName }, index) => {
      const gradient = known(grads[index], fullName);
      const values = known(weights[index], fullName);
      return tf.reshape(l2 ? tf.add(gradient, tf.mul(values, 2 * l2)) : gradient, [-1]);
    });
    const m = tensorflowArithmetic(tf);
    const scalars = this.#optimizer
      .scalarsAt(this.#steps, learningRate)
      .map((scalar) => tf.scalar(scalar));
    const { weights: next, slots } = this.#optimizer.update(
      m,
      this.#state.weights,
      clipped(tf, tf.concat(slopes), spec.optimizer.clipNorm),
      this.#state.slots,
      scalars,
    );
    const moving =
      statistics.size > 0
        ? tf.concat(
            statistics.entries.map(({ fullName }) => known(updated.get(fullName), fullName)),
          )
        : tf.tensor1d([]);
    const share = scalars.at(-1);
    const average =
      averages(this.#optimizer) && share
        ? towards(m, this.#state.averages, moving, share)
        : tf.tensor1d([]);
    const answers = known(logits, 'logits');
    const joint = joinMembers(tf, answers, this.model.members);
    const correct = correctOf(tf, this.model.head, joint, wanted);
    // Kept beyond the gradient's own scope; this one frees nothing that was kept.
    for (const tensor of [...updated.values(), answers]) tensor.dispose();
    return { loss, correct, weights: next, slots, statistics: moving, averages: average };
  }

  #answer(pixels: Uint8Array, dims: readonly number[]): Tensor {
    const tf = this.#tf;
    const { trainable } = this.layout;
    // Before the first step there is nothing to average.
    const averaged = this.#steps > 0 && averages(this.#optimizer);
    const vector = averaged
      ? this.#state.slots[this.#optimizer.slots.indexOf(AVERAGE)]
      : this.#state.weights;
    const fixed = this.#fixed(averaged ? this.#state.averages : this.#state.statistics);
    const weights = parts(tf, trainable, known(vector, 'average'));
    const byName = new Map(trainable.entries.map(({ fullName }, i) => [fullName, weights[i]]));
    return forward(tf, this.model, unit(tf, pixels, dims), {
      training: false,
      parameter: (name) => known(byName.get(name) ?? fixed.get(name), name),
      keepMask: (layer) => {
        throw new RangeError(`${layer} drops in inference`);
      },
      updateStatistic: (name) => {
        throw new RangeError(`${name} changes in inference`);
      },
    });
  }

  /** What has no gradient, by name. */
  #fixed(moving: Tensor): Map<string, Tensor> {
    const { frozen, statistics } = this.layout;
    const named = (packing: Packing, vector: Tensor): [string, Tensor][] =>
      parts(this.#tf, packing, vector).map((part, index) => [
        packing.entries[index]?.fullName ?? '',
        part,
      ]);
    return new Map([...named(frozen, this.#frozen), ...named(statistics, moving)]);
  }

  #tensors({ weights, slots, statistics, averages: average }: TrainingState): State {
    const tf = this.#tf;
    return {
      weights: tf.tensor1d(weights),
      slots: slots.map((slot) => tf.tensor1d(slot)),
      statistics: tf.tensor1d(statistics),
      averages: tf.tensor1d(average),
    };
  }

  async #read(): Promise<TrainingState> {
    const { weights, slots, statistics, averages: average } = this.#state;
    return {
      weights: await floats(weights),
      slots: await Promise.all(slots.map(floats)),
      frozen: await floats(this.#frozen),
      statistics: await floats(statistics),
      averages: await floats(average),
    };
  }

  #keepMask(layer: string, shape: readonly number[], rate: number): Tensor {
    const mask = new Uint8Array(shape.reduce((product, size) => product * size, 1));
    const place = { firstRow: 0, rows: shape[0] ?? 1 };
    drawKeepMask(mask, { seed: this.#seed, layer, rate, step: this.#steps, ...place });
    return this.#tf.tensor(Float32Array.from(mask), [...shape]);
  }
}

/** uint8 NHWC → float32 in 0…1 */
function unit(tf: Tf, pixels: Uint8Array, dims: readonly number[]): Tensor {
  return tf.div(tf.cast(tf.tensor(pixels, [...dims], 'int32'), 'float32'), 255);
}

/** A flat vector's parameters, each in its stored shape. */
function parts(tf: Tf, { entries, size }: Packing, vector: Tensor): Tensor[] {
  if (size === 0) return [];
  return tf
    .split(
      vector,
      entries.map((entry) => entry.size),
    )
    .map((part, index) => tf.reshape(part, [...(entries[index]?.shape ?? [])]));
}

function known(tensor: Tensor | undefined, name: string): Tensor {
  if (!tensor) throw new RangeError(`${name} is not known`);
  return tensor;
}

async function floats(tensor: Tensor): Promise<Float32Array> {
  const data = await tensor.data();
  if (!(data instanceof Float32Array)) throw new TypeError('not float32');
  return data;
}

function release({ weights, slots, statistics, averages: average }: State): void {
  for (const tensor of [weights, ...slots, statistics, average]) tensor.dispose();
}
