/** The compiled training step with its parameters: state on one side, one call a batch. */
import { buildTrainStep, type TrainStep } from '../programs/train-step.ts';
import {
  initialValues,
  layoutParameters,
  packInto,
  unpack,
  type ParameterLayout,
} from '../programs/parameters.ts';
import type { Backend, Binding, Program, Tensors } from '../backends/index.ts';
import { toOnnx } from '../graph/serialize.ts';
import type { TensorData } from '../graph/types.ts';
import type { LoadedCheckpoint } from '../checkpoint/run-folder.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import { resolveModel, type ResolvedModel } from '../layers/resolve.ts';
import type { InferenceProgram } from '../predictor.ts';
import { buildInference } from '../programs/inference.ts';
import type { Lowerings } from '../ops/lowerings.ts';
import { drawKeepMask } from './dropout-masks.ts';
import type { Stepper, StepperOptions, StepResult } from './stepper.ts';

/** Parameters, optimizer state and moving averages: everything a step changes. */
interface State {
  weights: TensorData;
  slots: TensorData[];
  statistics: TensorData;
}

/** A training step compiled for one batch size. */
interface Compiled {
  step: TrainStep;
  program: Program;
  /** Reads state 0 and writes state 1, and the other way round. */
  bindings: [Binding, Binding];
  image: Uint8Array;
  labels: Int32Array;
  masks: Uint8Array[];
}

function floats(dims: readonly number[], data?: Float32Array): TensorData {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { dtype: 'float32', dims, data: data ?? new Float32Array(size) };
}

export interface StepRunnerOptions extends StepperOptions {
  lowerings?: Lowerings;
}

export class StepRunner implements Stepper {
  readonly model: ResolvedModel;
  readonly layout: ParameterLayout;
  readonly #backend: Backend;
  readonly #options: StepRunnerOptions;
  readonly #seed: number;
  readonly #compiled = new Map<number, Compiled>();
  readonly #loss = floats([]);
  readonly #correct = floats([]);
  #states: [State, State] | undefined;
  #frozen = floats([0]);
  #scalars: TensorData[] = [];
  /** Which of the two states is the newest: the step reads it and writes the other. */
  #turn: 0 | 1 = 0;
  #steps = 0;

  constructor(backend: Backend, options: StepRunnerOptions, seed: number) {
    this.model = resolveModel(options.spec, options.classes);
    this.layout = layoutParameters(this.model, options.frozen);
    this.#backend = backend;
    this.#options = options;
    this.#seed = seed;
  }

  get steps(): number {
    return this.#steps;
  }

  async prepare(batch: number): Promise<void> {
    await this.#compile(batch);
  }

  async run(pixels: Uint8Array, labels: Int32Array, learningRate: number): Promise<StepResult> {
    const compiled = await this.#compile(labels.length);
    compiled.image.set(pixels);
    compiled.labels.set(labels);
    this.#steps++;
    const scalars = compiled.step.optimizer.scalarsAt(this.#steps, learningRate);
    for (const [index, scalar] of this.#scalars.entries()) scalar.data[0] = scalars[index] ?? 0;
    this.#drawMasks(compiled);
    await compiled.bindings[this.#turn].run();
    this.#turn = this.#turn === 0 ? 1 : 0;
    return { loss: Number(this.#loss.data[0]), correct: Number(this.#correct.data[0]) };
  }

  restore(
    { parameters, slots }: Pick<LoadedCheckpoint, 'parameters' | 'slots'>,
    steps: number,
  ): Promise<void> {
    const { step, state } = this.#current();
    const { trainable, frozen, statistics } = step.layout;
    packInto(trainable, asFloats(state.weights), parameters);
    packInto(frozen, asFloats(this.#frozen), parameters);
    packInto(statistics, asFloats(state.statistics), parameters);
    for (const [index, name] of step.optimizer.slots.entries()) {
      const values = slots.get(name);
      const slot = state.slots[index];
      if (!slot || values?.length !== trainable.size) {
        throw new RangeError(`the checkpoint has no optimizer vector ${name}`);
      }
      asFloats(slot).set(values);
    }
    this.#steps = steps;
    return Promise.resolve();
  }

  parameters(): Promise<Map<string, FloatTensor>> {
    return Promise.resolve(this.#parameters());
  }

  /** Views of buffers that the next step but one overwrites. */
  #parameters(): Map<string, FloatTensor> {
    const { state } = this.#current();
    const { trainable, frozen, statistics } = this.layout;
    return new Map<string, FloatTensor>([
      ...unpack(trainable, asFloats(state.weights)),
      ...unpack(frozen, asFloats(this.#frozen)),
      ...unpack(statistics, asFloats(state.statistics)),
    ]);
  }

  slots(): Promise<[string, Float32Array][]> {
    const { step, state } = this.#current();
    const slots = step.optimizer.slots.map((name, index): [string, Float32Array] => {
      const slot = state.slots[index];
      if (!slot) throw new RangeError(`optimizer slot ${name} is missing`);
      return [name, asFloats(slot)];
    });
    return Promise.resolve(slots);
  }

  /** Compiled anew with the weights inside: the runtime lays constant weights out better. */
  async inference(): Promise<InferenceProgram> {
    return await this.#backend.compile(toOnnx(buildInference(this.model, this.#parameters())));
  }

  async dispose(): Promise<void> {
    for (const { program } of this.#compiled.values()) await program.dispose();
    this.#compiled.clear();
  }

  #current(): { step: TrainStep; state: State } {
    const [compiled] = this.#compiled.values();
    if (!compiled || !this.#states) throw new Error('nothing is compiled yet');
    return { step: compiled.step, state: this.#states[this.#turn] };
  }

  async #compile(batch: number): Promise<Compiled> {
    const known = this.#compiled.get(batch);
    if (known) return known;
    const lowerings = this.#options.lowerings ?? (await this.#backend.lowerings());
    const step = buildTrainStep({ ...this.#options, lowerings, batch });
    const program = await this.#backend.compile(toOnnx(step.graph));
    const [first, second] = (this.#states ??= this.#allocate(step));
    const { height, width, channels } = step.model.input;
    const image = new Uint8Array(batch * height * width * channels);
    const labels = new Int32Array(batch);
    const masks = step.masks.map(({ shape }) => new Uint8Array(shape.reduce((a, b) => a * b, 1)));

    const inputs: Record<string, TensorData> = {
      image: { dtype: 'uint8', dims: [batch, height, width, channels], data: image },
      label: { dtype: 'int32', dims: [batch], data: labels },
    };
    for (const [index, name] of step.optimizer.scalars.entries()) {
      inputs[name] = this.#scalars[index] ?? floats([]);
    }
    for (const [index, mask] of step.masks.entries()) {
      const data = masks[index];
      if (data) inputs[mask.input] = { dtype: 'uint8', dims: mask.shape, data };
    }
    if (step.layout.frozen.size > 0) inputs['frozen'] = this.#frozen;
    const bind = (from: State, to: State) =>
      program.bind(
        { ...inputs, ...stateTensors(step, from, '') },
        { loss: this.#loss, correct: this.#correct, ...stateTensors(step, to, '_next') },
      );
    const compiled: Compiled = {
      step,
      program,
      bindings: [bind(first, second), bind(second, first)],
      image,
      labels,
      masks,
    };
    this.#compiled.set(batch, compiled);
    return compiled;
  }

  #allocate({ layout, optimizer }: TrainStep): [State, State] {
    const state = (): State => ({
      weights: floats([layout.trainable.size], initialValues(layout.trainable, this.#seed)),
      slots: optimizer.slots.map(() => floats([layout.trainable.size])),
      statistics: floats([layout.statistics.size], initialValues(layout.statistics, this.#seed)),
    });
    this.#frozen = floats([layout.frozen.size], initialValues(layout.frozen, this.#seed));
    this.#scalars = optimizer.scalars.map(() => floats([]));
    return [state(), state()];
  }

  #drawMasks({ step, masks }: Compiled): void {
    for (const [index, { layer, rate }] of step.masks.entries()) {
      const mask = masks[index];
      if (!mask) continue;
      drawKeepMask(mask, {
        seed: this.#seed,
        layer,
        rate,
        step: this.#steps,
        firstRow: 0,
        rows: step.batch,
      });
    }
  }
}

function stateTensors({ optimizer, layout }: TrainStep, state: State, suffix: string): Tensors {
  const tensors: Record<string, TensorData> = { [`weights${suffix}`]: state.weights };
  for (const [index, name] of optimizer.slots.entries()) {
    const slot = state.slots[index];
    if (slot) tensors[`slot_${name}${suffix}`] = slot;
  }
  if (layout.statistics.size > 0) tensors[`statistics${suffix}`] = state.statistics;
  return tensors;
}

function asFloats({ data }: TensorData): Float32Array {
  if (!(data instanceof Float32Array)) throw new TypeError('not float32');
  return data;
}
