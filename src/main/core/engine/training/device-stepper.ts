/**
 * A training step on a device of its own: the update is part of the graph, and parameters, optimizer
 * vectors and moving averages stay where they are computed. They are read for checkpoints and
 * validation only.
 */
import type { Backend, DeviceState, StatefulProgram } from '../backends/index.ts';
import { toOnnx } from '../graph/serialize.ts';
import type { TensorData } from '../graph/types.ts';
import type { LoadedCheckpoint } from '../checkpoint/run-folder.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import { resolveModel, type ResolvedModel } from '../layers/resolve.ts';
import { createOptimizer, type Optimizer } from '../optimizers.ts';
import type { InferenceProgram } from '../predictor.ts';
import { buildInference } from '../programs/inference.ts';
import {
  initialValues,
  layoutParameters,
  packInto,
  unpack,
  type ParameterLayout,
} from '../programs/parameters.ts';
import { buildTrainStep, type TrainStep } from '../programs/train-step.ts';
import { drawKeepMask } from './dropout-masks.ts';
import type { Lowerings } from '../ops/lowerings.ts';
import type { StepperOptions, StepResult, Stepper } from './stepper.ts';

interface Compiled {
  step: TrainStep;
  program: StatefulProgram;
}

const scalar = (value: number): TensorData => ({
  dtype: 'float32',
  dims: [],
  data: Float32Array.of(value),
});

const vector = (data: Float32Array): TensorData => ({
  dtype: 'float32',
  dims: [data.length],
  data,
});

export interface DeviceStepperOptions extends StepperOptions {
  /** Those of the device unless given. */
  lowerings?: Lowerings;
}

export class DeviceStepper implements Stepper {
  readonly model: ResolvedModel;
  readonly layout: ParameterLayout;
  readonly #backend: Backend;
  readonly #options: DeviceStepperOptions;
  readonly #optimizer: Optimizer;
  readonly #seed: number;
  readonly #compiled = new Map<number, Compiled>();
  #frozen: Float32Array;
  #state: DeviceState;
  #steps = 0;

  constructor(backend: Backend, options: DeviceStepperOptions, seed: number) {
    this.model = resolveModel(options.spec, options.classes);
    this.layout = layoutParameters(this.model, options.frozen);
    this.#backend = backend;
    this.#options = options;
    this.#optimizer = createOptimizer(options.spec.optimizer);
    this.#seed = seed;
    const { trainable, frozen, statistics } = this.layout;
    this.#frozen = initialValues(frozen, seed);
    this.#state = this.#createState(
      initialValues(trainable, seed),
      this.#optimizer.slots.map(() => new Float32Array(trainable.size)),
      initialValues(statistics, seed),
    );
  }

  get steps(): number {
    return this.#steps;
  }

  async prepare(batch: number): Promise<void> {
    await this.#compile(batch);
  }

  async run(pixels: Uint8Array, labels: Int32Array, learningRate: number): Promise<StepResult> {
    const batch = labels.length;
    const { step, program } = await this.#compile(batch);
    const { height, width, channels } = this.model.input;
    this.#steps++;
    const inputs: Record<string, TensorData> = {
      image: { dtype: 'uint8', dims: [batch, height, width, channels], data: pixels },
      label: { dtype: 'int32', dims: [batch], data: labels },
      ...this.#masks(step),
    };
    const scalars = this.#optimizer.scalarsAt(this.#steps, learningRate);
    for (const [index, name] of this.#optimizer.scalars.entries()) {
      inputs[name] = scalar(scalars[index] ?? 0);
    }
    if (this.#frozen.length > 0) inputs['frozen'] = vector(this.#frozen);
    const { loss, correct } = await program.run(this.#state, inputs);
    return { loss: Number(loss?.data[0]), correct: Number(correct?.data[0]) };
  }

  restore(
    { parameters, slots }: Pick<LoadedCheckpoint, 'parameters' | 'slots'>,
    steps: number,
  ): Promise<void> {
    const { trainable, frozen, statistics } = this.layout;
    const weights = new Float32Array(trainable.size);
    const averages = new Float32Array(statistics.size);
    packInto(trainable, weights, parameters);
    packInto(frozen, this.#frozen, parameters);
    packInto(statistics, averages, parameters);
    const vectors = this.#optimizer.slots.map((name) => slotOf(slots, name, trainable.size));
    this.#state.dispose();
    this.#state = this.#createState(weights, vectors, averages);
    this.#steps = steps;
    return Promise.resolve();
  }

  async parameters(): Promise<Map<string, FloatTensor>> {
    const values = await this.#state.read();
    const { trainable, frozen, statistics } = this.layout;
    return new Map<string, FloatTensor>([
      ...unpack(trainable, floatsOf(values['weights'])),
      ...unpack(frozen, this.#frozen),
      ...(statistics.size > 0 ? unpack(statistics, floatsOf(values['statistics'])) : []),
    ]);
  }

  async slots(): Promise<[string, Float32Array][]> {
    const values = await this.#state.read();
    return this.#optimizer.slots.map((name) => [name, floatsOf(values[`slot_${name}`])]);
  }

  async inference(): Promise<InferenceProgram> {
    const graph = buildInference(this.model, await this.parameters());
    return await this.#backend.compile(toOnnx(graph));
  }

  async dispose(): Promise<void> {
    this.#state.dispose();
    for (const { program } of this.#compiled.values()) await program.dispose();
    this.#compiled.clear();
  }

  async #compile(batch: number): Promise<Compiled> {
    const known = this.#compiled.get(batch);
    if (known) return known;
    const lowerings = this.#options.lowerings ?? (await this.#backend.lowerings());
    const step = buildTrainStep({ ...this.#options, batch, lowerings });
    const names = ['weights', ...this.#optimizer.slots.map((name) => `slot_${name}`)];
    if (this.layout.statistics.size > 0) names.push('statistics');
    const program = await this.#backend.compileStateful(toOnnx(step.graph), names);
    const compiled = { step, program };
    this.#compiled.set(batch, compiled);
    return compiled;
  }

  #createState(
    weights: Float32Array,
    slots: readonly Float32Array[],
    statistics: Float32Array,
  ): DeviceState {
    return this.#backend.createState({
      weights: vector(weights),
      ...Object.fromEntries(
        this.#optimizer.slots.map((name, index) => [
          `slot_${name}`,
          vector(slots[index] ?? new Float32Array(weights.length)),
        ]),
      ),
      ...(statistics.length > 0 ? { statistics: vector(statistics) } : {}),
    });
  }

  #masks({ masks }: TrainStep): Record<string, TensorData> {
    return Object.fromEntries(
      masks.map(({ input, layer, shape, rate }) => {
        const data = new Uint8Array(shape.reduce((product, size) => product * size, 1));
        const place = { firstRow: 0, rows: shape[0] ?? 1 };
        drawKeepMask(data, { seed: this.#seed, layer, rate, step: this.#steps, ...place });
        return [input, { dtype: 'uint8', dims: shape, data }];
      }),
    );
  }
}

/** Throws RangeError where a checkpoint lacks the optimizer's vector `name`. */
export function slotOf(
  slots: ReadonlyMap<string, Float32Array>,
  name: string,
  size: number,
): Float32Array {
  const values = slots.get(name);
  if (values?.length !== size) {
    throw new RangeError(`the checkpoint has no optimizer vector ${name}`);
  }
  return values;
}

function floatsOf(tensor: TensorData | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError('not float32');
  return tensor.data;
}
