/**
 * Training on the CPU: replicas of the model, one a thread, each compute the gradient of their share
 * of the batch, and each update their part of the parameters with the sum of all gradients. This
 * thread is one of them. Dividing the batch keeps every core busy from end to end, where dividing
 * each operator leaves them waiting for each other a hundred times a step.
 */
import { createBackend } from '../../backends/index.ts';
import type { BackendChoice } from '../../backends/status.ts';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import { modelOf, type ResolvedModel } from '../../layers/resolve.ts';
import { createOptimizer, type Optimizer } from '../../optimizers.ts';
import type { Lowerings } from '../../ops/lowerings.ts';
import type { InferenceProgram } from '../../predictor.ts';
import { buildInference } from '../../programs/inference.ts';
import { layoutParameters, ratesOf, type ParameterLayout } from '../../programs/parameters.ts';
import { imagesOf, writeTargets, type Labels } from '../../targets.ts';
import {
  answeringParameters,
  averages,
  checkpointVectors,
  initialState,
  stateOf,
  type TrainingState,
} from '../state.ts';
import type { InferenceGraph, Restored, Stepper, StepperOptions, StepResult } from '../stepper.ts';
import { Barrier, BrokenBarrier } from './barrier.ts';
import { factoredKernels } from './factored.ts';
import { replicaCount } from './replica-count.ts';
import type { ReplicaRequest } from './replica-messages.ts';
import { ReplicaThread } from './replica-thread.ts';
import { Replica, stepFields, type Team } from './replica.ts';
import { shareBatch, type BatchBuffers, type SmallVectors } from './shares.ts';
import { allocateState, sharedDoubles, sharedFloats, view } from './state-memory.ts';
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
    this.model = modelOf(options);
    this.layout = layoutParameters(this.model, options.frozen);
    this.#optimizer = createOptimizer(options.spec.optimizer, options.averaging);
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

  async run(pixels: Uint8Array, labels: Labels, learningRate: number): Promise<StepResult> {
    const { classes } = this.model;
    const batch = imagesOf(labels, classes);
    const buffers = await this.#buffersFor(batch);
    const { team, self, vectors } = this.#current();
    buffers.image.set(pixels);
    writeTargets(buffers.targets, labels, classes);
    this.#steps++;
    team.step[stepFields.batch] = batch;
    team.step[stepFields.step] = this.#steps;
    const scalars = this.#optimizer.scalarsAt(this.#steps, learningRate);
    team.scalars.set(scalars);
    await this.#together(async () => {
      await self.meet();
      await self.step();
    });
    vectors.statistics.set(vectors.nextStatistics);
    if (averages(this.#optimizer))
      follow(vectors.averages, vectors.statistics, scalars.at(-1) ?? 1);
    return { loss: sum(buffers.losses), correct: sum(buffers.corrects) };
  }

  restore(checkpoint: Restored, steps: number): Promise<void> {
    this.#write(stateOf(this.layout, this.#optimizer, checkpoint));
    this.#steps = steps;
    return Promise.resolve();
  }

  parameters(): Promise<Map<string, FloatTensor>> {
    return Promise.resolve(this.#parameters());
  }

  slots(): Promise<[string, Float32Array][]> {
    return Promise.resolve(checkpointVectors(this.#optimizer, this.#state()));
  }

  /** Compiled anew with the weights inside: the runtime lays constant weights out better. */
  async inference(build: InferenceGraph = buildInference): Promise<InferenceProgram> {
    const backend = createBackend(this.#choice, this.#threads);
    return await backend.compile(build(this.model, this.#parameters()));
  }

  async dispose(): Promise<void> {
    if (!this.#started) return;
    const { self, others } = this.#started;
    this.#started = undefined;
    if (!self.broken) {
      for (const other of others) other.send({ type: 'end' });
      // One that died meanwhile breaks the barrier, which frees the others to end.
      await self.meet().catch(() => undefined);
    }
    await Promise.all(others.map((other) => other.ended()));
    await self.dispose();
  }

  #current(): Started {
    if (!this.#started) throw new Error('nothing is compiled yet');
    return this.#started;
  }

  #parameters(): Map<string, FloatTensor> {
    return answeringParameters(this.layout, this.#optimizer, this.#state(), this.#steps);
  }

  /** Views of what the replicas work on. */
  #state(): TrainingState {
    const { team, vectors } = this.#current();
    const { state } = team;
    return {
      weights: view(state, state.weights),
      slots: state.slots.map((address) => view(state, address)),
      frozen: vectors.frozen,
      statistics: vectors.statistics,
      averages: vectors.averages,
    };
  }

  #write({ slots, ...vectors }: TrainingState): void {
    const own = this.#state();
    own.weights.set(vectors.weights);
    for (const [index, slot] of slots.entries()) own.slots[index]?.set(slot);
    own.frozen.set(vectors.frozen);
    own.statistics.set(vectors.statistics);
    own.averages.set(vectors.averages);
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
      await self.meet();
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
    const rates = ratesOf(trainable);
    const state = allocateState({
      size: trainable.size,
      rates: rates !== null,
      slots: optimizer.slots.length,
      replicas,
      factored: factoredKernels(this.model, this.layout, batch, clipNorm !== null),
      batch,
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
      averages: new Float32Array(averages(optimizer) ? statistics.size : 0),
    };
    const first = initialState(this.layout, optimizer, this.#seed);
    view(state, state.weights).set(first.weights);
    if (rates && state.rates !== null) view(state, state.rates).set(rates);
    vectors.frozen.set(first.frozen);
    vectors.statistics.set(first.statistics);
    const backend = this.#choice;
    const others = Array.from(
      { length: replicas - 1 },
      (_, index) => new ReplicaThread({ index: index + 1, team, backend, threads: threadsEach }),
    );
    const ready = Promise.all(others.map((other) => other.answer()));
    // Thrown where it is awaited.
    ready.catch(() => undefined);
    const self = new Replica(0, team, createBackend(backend, threadsEach), breathe);
    return { team, vectors, self, others, ready, batches: new Map() };
  }
}

/** Each average goes `share` of the way to its value. */
function follow(averages: Float32Array, values: Float32Array, share: number): void {
  for (const [index, value] of values.entries()) {
    const before = averages[index] ?? 0;
    averages[index] = before + (value - before) * share;
  }
}

/** Lets events happen: that a thread has died is one. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
