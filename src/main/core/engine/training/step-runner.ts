/** The compiled training step with its parameters: state on one side, one call a batch. */
import { buildTrainStep, type TrainStep, type TrainStepOptions } from '../programs/train-step.ts';
import { initialValues, packInto, unpack } from '../programs/parameters.ts';
import type { Backend, Binding, Program, Tensors } from '../backends/index.ts';
import { toOnnx } from '../graph/serialize.ts';
import type { TensorData } from '../graph/types.ts';
import { Random } from '../random.ts';
import type { LoadedCheckpoint } from '../checkpoint/run-folder.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';

export interface StepResult {
  /** Mean over the batch. */
  loss: number;
  correct: number;
}

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

export class StepRunner {
  readonly #backend: Backend;
  readonly #options: Omit<TrainStepOptions, 'batch'>;
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

  constructor(backend: Backend, options: Omit<TrainStepOptions, 'batch'>, seed: number) {
    this.#backend = backend;
    this.#options = options;
    this.#seed = seed;
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Compiles for a batch size ahead of its first use. */
  async prepare(batch: number): Promise<TrainStep> {
    return (await this.#compile(batch)).step;
  }

  /**
   * One step of the optimizer.
   *
   * @param pixels uint8 rows (NHWC), one for each of `labels`
   */
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

  /**
   * Goes on from a checkpoint: the next step is `steps + 1`, with the weights, moving averages and
   * optimizer vectors as they were. `prepare` comes first.
   */
  restore({ parameters, slots }: Pick<LoadedCheckpoint, 'parameters' | 'slots'>, steps: number) {
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
  }

  /** Every parameter by its full name; views of buffers that the next step but one overwrites. */
  parameters(): Map<string, FloatTensor> {
    const { step, state } = this.#current();
    const { trainable, frozen, statistics } = step.layout;
    return new Map([
      ...unpack(trainable, asFloats(state.weights)),
      ...unpack(frozen, asFloats(this.#frozen)),
      ...unpack(statistics, asFloats(state.statistics)),
    ]);
  }

  /** The optimizer's vectors by name. */
  slots(): [string, Float32Array][] {
    const { step, state } = this.#current();
    return step.optimizer.slots.map((name, index) => {
      const slot = state.slots[index];
      if (!slot) throw new RangeError(`optimizer slot ${name} is missing`);
      return [name, asFloats(slot)];
    });
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
    const step = buildTrainStep({ ...this.#options, batch });
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

  /** Masks depend on seed, layer and step only: not on what ran before. */
  #drawMasks({ step, masks }: Compiled): void {
    for (const [index, { layer, rate }] of step.masks.entries()) {
      const mask = masks[index];
      if (!mask) continue;
      const random = new Random(this.#seed, 'dropout', layer, this.#steps);
      const threshold = Math.round(rate * 0x10000);
      // One draw of 32 bits decides two numbers.
      for (let at = 0; at < mask.length; at += 2) {
        const bits = random.uint32();
        mask[at] = (bits & 0xffff) >= threshold ? 1 : 0;
        if (at + 1 < mask.length) mask[at + 1] = bits >>> 16 >= threshold ? 1 : 0;
      }
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
