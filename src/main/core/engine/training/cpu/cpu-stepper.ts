/**
 * Training on the CPU: replicas of the model, one a thread, each compute the gradient of their share
 * of the batch, and each update their part of the parameters with the sum of all gradients. This
 * thread is one of them. Dividing the batch keeps every core busy from end to end, where dividing
 * each operator leaves them waiting for each other a hundred times a step.
 */
import { createBackend } from '../../backends/index.ts';
import type { BackendChoice } from '../../backends/status.ts';
import type { LoadedCheckpoint } from '../../checkpoint/run-folder.ts';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import { toOnnx } from '../../graph/serialize.ts';
import { resolveModel, type ResolvedModel } from '../../layers/resolve.ts';
import { createOptimizer, type Optimizer } from '../../optimizers.ts';
import type { Lowerings } from '../../ops/lowerings.ts';
import type { InferenceProgram } from '../../predictor.ts';
import { buildInference } from '../../programs/inference.ts';
import {
  initialValues,
  layoutParameters,
  packInto,
  unpack,
  type ParameterLayout,
} from '../../programs/parameters.ts';
import type { Stepper, StepperOptions, StepResult } from '../stepper.ts';
import { Barrier, BrokenBarrier } from './barrier.ts';
import { replicaCount } from './replica-count.ts';
import type { ReplicaRequest } from './replica-messages.ts';
import { ReplicaThread } from './replica-thread.ts';
import { Replica, stepFields, type Team } from './replica.ts';
import { shareBatch, type BatchBuffers, type SmallVectors } from './shares.ts';
import {
  allocateState,
  sharedDoubles,
  sharedFloats,
  view,
  type StateMemory,
} from './state-memory.ts';
import { encodeUpdate } from './update-kernel.ts';

export interface CpuStepperOptions extends StepperOptions {
  lowerings?: Lowerings;
}

/** What exists once the first batch size is known. */
interface Started {
  team: Team;
  vectors: SmallVectors;
  self: Replica;
  others: ReplicaThread[];
  /** Resolves when all threads have started. */
  ready: Promise<unknown>;
  /** By size of the batch. */
  batches: Map<number, BatchBuffers>;
}

export class CpuStepper implements Stepper {
  readonly model: ResolvedModel;
  readonly layout: ParameterLayout;
  readonly #choice: BackendChoice<'cpu'>;
  readonly #threads: number;
  readonly #options: CpuStepperOptions;
  readonly #seed: number;
  readonly #optimizer: Optimizer;
  #started: Started | undefined;
  #steps = 0;

  constructor(
    choice: BackendChoice<'cpu'>,
    threads: number,
    options: CpuStepperOptions,
    seed: number,
  ) {
    this.model = resolveModel(options.spec, options.classes);
    this.layout = layoutParameters(this.model, options.frozen);
    this.#optimizer = createOptimizer(options.spec.optimizer);
    this.#choice = choice;
    this.#threads = threads;
    this.#options = options;
    this.#seed = seed;
  }

  get steps(): number {
    return this.#steps;
  }

  async prepare(batch: number): Promise<void> {
    await this.#buffersFor(batch);
  }

  async run(pixels: Uint8Array, labels: Int32Array, learningRate: number): Promise<StepResult> {
    const buffers = await this.#buffersFor(labels.length);
    const { team, self, vectors } = this.#current();
    buffers.image.set(pixels);
    buffers.labels.set(labels);
    this.#steps++;
    team.step[stepFields.batch] = labels.length;
    team.step[stepFields.step] = this.#steps;
    team.scalars.set(this.#optimizer.scalarsAt(this.#steps, learningRate));
    await this.#together(async () => {
      self.meet();
      await self.step();
    });
    vectors.statistics.set(vectors.nextStatistics);
    return { loss: sum(buffers.losses), correct: sum(buffers.corrects) };
  }

  restore(
    { parameters, slots }: Pick<LoadedCheckpoint, 'parameters' | 'slots'>,
    steps: number,
  ): Promise<void> {
    const { team, vectors } = this.#current();
    const { trainable, frozen, statistics } = this.layout;
    packInto(trainable, view(team.state, team.state.weights), parameters);
    packInto(frozen, vectors.frozen, parameters);
    packInto(statistics, vectors.statistics, parameters);
    for (const [name, vector] of this.#slots(team.state)) {
      const values = slots.get(name);
      if (values?.length !== trainable.size) {
        throw new RangeError(`the checkpoint has no optimizer vector ${name}`);
      }
      vector.set(values);
    }
    this.#steps = steps;
    return Promise.resolve();
  }

  parameters(): Promise<Map<string, FloatTensor>> {
    return Promise.resolve(this.#parameters());
  }

  slots(): Promise<[string, Float32Array][]> {
    return Promise.resolve(this.#slots(this.#current().team.state));
  }

  /** Compiled anew with the weights inside: the runtime lays constant weights out better. */
  async inference(): Promise<InferenceProgram> {
    const backend = createBackend(this.#choice, this.#threads);
    return await backend.compile(toOnnx(buildInference(this.model, this.#parameters())));
  }

  async dispose(): Promise<void> {
    if (!this.#started) return;
    const { self, others } = this.#started;
    this.#started = undefined;
    if (!self.broken) {
      for (const other of others) other.send({ type: 'end' });
      self.meet();
    }
    await Promise.all(others.map((other) => other.ended()));
    await self.dispose();
  }

  #current(): Started {
    if (!this.#started) throw new Error('nothing is compiled yet');
    return this.#started;
  }

  #parameters(): Map<string, FloatTensor> {
    const { team, vectors } = this.#current();
    const { trainable, frozen, statistics } = this.layout;
    return new Map<string, FloatTensor>([
      ...unpack(trainable, view(team.state, team.state.weights)),
      ...unpack(frozen, vectors.frozen),
      ...unpack(statistics, vectors.statistics),
    ]);
  }

  #slots(state: StateMemory): [string, Float32Array][] {
    return this.#optimizer.slots.map((name, index) => [
      name,
      view(state, state.slots[index] ?? NaN),
    ]);
  }

  async #buffersFor(batch: number): Promise<BatchBuffers> {
    const started = (this.#started ??= this.#start(batch));
    const { team, self, others, vectors } = started;
    const known = started.batches.get(batch);
    if (known) return known;
    const backend = createBackend(this.#choice, this.#threads);
    const { buffers, shares } = shareBatch({
      ...this.#options,
      lowerings: this.#options.lowerings ?? (await backend.lowerings()),
      ...team,
      model: this.model,
      layout: this.layout,
      batch,
      vectors,
    });
    await this.#together(async () => {
      const [own, ...rest] = shares;
      if (!own) throw new RangeError('no replica');
      await started.ready;
      for (const [index, other] of others.entries()) {
        const share = rest[index];
        if (share) other.send({ type: 'compile', share } satisfies ReplicaRequest);
      }
      self.meet();
      await self.compile(own);
      for (const other of others) await other.answer();
    });
    started.batches.set(batch, buffers);
    return buffers;
  }

  /** What all replicas do at once. A replica that fails frees the others and says why. */
  async #together(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof BrokenBarrier)) throw error;
      const { others } = this.#current();
      const failures = await Promise.all(others.map((other) => other.failure()));
      throw failures.find((failure) => failure !== null) ?? error;
    }
  }

  #start(batch: number): Started {
    const { replicas, threadsEach } = replicaCount(this.#threads, batch, this.layout);
    const { trainable, frozen, statistics } = this.layout;
    const { clipNorm = null } = this.#options.spec.optimizer;
    const optimizer = this.#optimizer;
    const state = allocateState({
      size: trainable.size,
      slots: optimizer.slots.length,
      replicas,
    });
    const team: Team = {
      replicas,
      state,
      update: encodeUpdate({ optimizer, state, clipped: clipNorm !== null }),
      barrier: Barrier.allocate(),
      step: sharedDoubles(stepFields.count),
      scalars: sharedDoubles(optimizer.scalars.length),
      squares: sharedDoubles(replicas),
      clipNorm,
    };
    team.step[stepFields.seed] = this.#seed;
    const vectors: SmallVectors = {
      frozen: sharedFloats(frozen.size),
      statistics: sharedFloats(statistics.size),
      nextStatistics: sharedFloats(statistics.size),
    };
    view(state, state.weights).set(initialValues(trainable, this.#seed));
    vectors.frozen.set(initialValues(frozen, this.#seed));
    vectors.statistics.set(initialValues(statistics, this.#seed));
    const backend = this.#choice;
    const others = Array.from(
      { length: replicas - 1 },
      (_, index) => new ReplicaThread({ index: index + 1, team, backend, threads: threadsEach }),
    );
    const ready = Promise.all(others.map((other) => other.answer()));
    // Thrown where it is awaited.
    ready.catch(() => undefined);
    const self = new Replica(0, team, createBackend(backend, threadsEach));
    return { team, vectors, self, others, ready, batches: new Map() };
  }
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
