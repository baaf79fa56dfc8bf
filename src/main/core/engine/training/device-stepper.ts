/**
 * A training step on a device of its own: the update is part of the graph, and parameters, optimizer
 * vectors and moving averages stay where they are computed. They are read for checkpoints and
 * validation only.
 */
import type { Backend, DeviceState, StatefulProgram } from '../backends/index.ts';
import type { TensorData } from '../graph/types.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import { rowsTensor } from '../data/row-format.ts';
import { modelOf, type ResolvedModel } from '../layers/resolve.ts';
import { createOptimizer, type Optimizer } from '../optimizers.ts';
import type { InferenceProgram } from '../predictor.ts';
import { buildInference } from '../programs/inference.ts';
import { layoutParameters, type ParameterLayout } from '../programs/parameters.ts';
import { buildTrainStep, type TrainStep } from '../programs/train-step.ts';
import { drawKeepMask } from './dropout-masks.ts';
import type { Lowerings } from '../ops/lowerings.ts';
import { imagesOf, writeTargets, type Labels } from '../targets.ts';
import {
  answeringParameters,
  checkpointVectors,
  initialState,
  stateOf,
  type TrainingState,
} from './state.ts';
import type { InferenceGraph, Restored, StepperOptions, StepResult, Stepper } from './stepper.ts';

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
    this.model = modelOf(options);
    this.layout = layoutParameters(this.model, options.frozen);
    this.#backend = backend;
    this.#options = options;
    this.#optimizer = createOptimizer(options.spec.optimizer, options.averaging);
    this.#seed = seed;
    const state = initialState(this.layout, this.#optimizer, seed);
    this.#frozen = state.frozen;
    this.#state = this.#createState(state);
  }

  get steps(): number {
    return this.#steps;
  }

  async prepare(batch: number): Promise<void> {
    await this.#compile(batch);
  }

  async run(pixels: Uint8Array, labels: Labels, learningRate: number): Promise<StepResult> {
    const { classes } = this.model;
    const batch = imagesOf(labels, classes);
    const targets = new Float32Array(batch * classes);
    writeTargets(targets, labels, classes);
    const { step, program } = await this.#compile(batch);
    this.#steps++;
    const inputs: Record<string, TensorData> = {
      image: rowsTensor(this.model.input, pixels),
      target: { dtype: 'float32', dims: [batch, classes], data: targets },
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

  restore(checkpoint: Restored, steps: number): Promise<void> {
    const state = stateOf(this.layout, this.#optimizer, checkpoint);
    this.#state.dispose();
    this.#frozen = state.frozen;
    this.#state = this.#createState(state);
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

  async inference(build: InferenceGraph = buildInference): Promise<InferenceProgram> {
    return await this.#backend.compile(build(this.model, await this.parameters()));
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
    const program = await this.#backend.compileStateful(step.graph, step.state);
    const compiled = { step, program };
    this.#compiled.set(batch, compiled);
    return compiled;
  }

  #createState(state: TrainingState): DeviceState {
    const { weights, statistics, averages } = state;
    const small = Object.entries({ statistics, averages });
    return this.#backend.createState({
      weights: vector(weights),
      ...Object.fromEntries(
        this.#optimizer.slots.map((name, index) => [
          `slot_${name}`,
          vector(state.slots[index] ?? new Float32Array(weights.length)),
        ]),
      ),
      ...Object.fromEntries(
        small.filter(([, { length }]) => length > 0).map(([name, data]) => [name, vector(data)]),
      ),
    });
  }

  async #read(): Promise<TrainingState> {
    const values = await this.#state.read();
    const floats = (name: string): Float32Array => {
      const tensor = values[name];
      return tensor ? floatsOf(tensor) : new Float32Array();
    };
    return {
      weights: floats('weights'),
      slots: this.#optimizer.slots.map((name) => floats(`slot_${name}`)),
      frozen: this.#frozen,
      statistics: floats('statistics'),
      averages: floats('averages'),
    };
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

function floatsOf({ data }: TensorData): Float32Array {
  if (!(data instanceof Float32Array)) throw new TypeError('not float32');
  return data;
}
