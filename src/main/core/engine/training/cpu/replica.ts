/**
 * One of the threads that train together: it computes the gradient of its share of each batch, waits
 * for the others, and updates its part of the parameters with the sum of all gradients.
 */
import type { Backend, Binding, InPlaceProgram, Tensors } from '../../backends/index.ts';
import { drawKeepMask } from '../dropout-masks.ts';
import { Barrier } from './barrier.ts';
import { LINE_BYTES, gradientRanges, type Range, type StateMemory } from './state-memory.ts';
import { TILE_ROWS } from '../../wasm/outer-product-loop.ts';
import { openUpdate, type UpdateKernel } from './update-kernel.ts';

/** What all replicas share. Survives structured cloning: buffers in it are the same memory. */
export interface Team {
  replicas: number;
  state: StateMemory;
  /** Bytes of the module that updates. */
  update: Uint8Array<ArrayBuffer>;
  barrier: SharedArrayBuffer;
  /** Size of the batch, step, seed. */
  step: Float64Array<SharedArrayBuffer>;
  /** The optimizer's scalars at this step. */
  scalars: Float64Array<SharedArrayBuffer>;
  /** Sum of the squares of each replica's part of the gradient. */
  squares: Float64Array<SharedArrayBuffer>;
  clipNorm: number | null;
}

/** Places in `Team.step`. */
export const stepFields = { batch: 0, step: 1, seed: 2, count: 3 } as const;

export interface MaskShare {
  data: Uint8Array<SharedArrayBuffer>;
  layer: string;
  rate: number;
}

/** A graph of the share, and the shared buffers that it reads and writes. */
export interface Stage {
  model: Uint8Array;
  inputs: Tensors;
  outputs: Tensors;
}

/** One replica's part of the batches of one size. */
export interface Share {
  batch: number;
  /** Place in the batch of its first image. */
  firstRow: number;
  /** None where there are more replicas than images. */
  rows: number;
  stages: Stage[];
  masks: MaskShare[];
}

interface CompiledShare extends Omit<Share, 'stages'> {
  programs: InPlaceProgram[];
  bindings: Binding[];
}

export class Replica {
  readonly #index: number;
  readonly #team: Team;
  readonly #backend: Backend;
  readonly #breathe: (() => Promise<void>) | undefined;
  readonly #barrier: Barrier;
  readonly #update: UpdateKernel;
  readonly #part: Part;
  readonly #shares = new Map<number, CompiledShare>();

  /**
   * @param backend of as many threads as each replica may use
   * @param breathe lets the thread notice what else happens, while the others take long
   */
  constructor(index: number, team: Team, backend: Backend, breathe?: () => Promise<void>) {
    this.#index = index;
    this.#team = team;
    this.#backend = backend;
    this.#breathe = breathe;
    this.#barrier = new Barrier(team.barrier, team.replicas);
    this.#update = openUpdate(team.update, team.state);
    this.#part = partOf(team, index);
  }

  async compile({ stages, ...share }: Share): Promise<void> {
    const programs: InPlaceProgram[] = [];
    const bindings: Binding[] = [];
    for (const { model, inputs, outputs } of stages) {
      const program = await this.#backend.compileInPlace(model);
      programs.push(program);
      bindings.push(program.bind(inputs, outputs));
    }
    this.#shares.set(share.batch, { ...share, programs, bindings });
  }

  /** Whether a replica has failed: no more steps. */
  get broken(): boolean {
    return this.#barrier.broken;
  }

  /** Waits until all replicas are here. */
  async meet(): Promise<void> {
    await this.#barrier.wait(this.#breathe);
  }

  /**
   * The step that `Team.step` describes; all replicas take it at once. Frees the others and rethrows
   * when it fails.
   */
  async step(): Promise<void> {
    try {
      await this.#computeGradient();
      await this.#updatePart();
      await this.meet();
    } catch (error) {
      this.#barrier.break();
      throw error;
    }
  }

  async #computeGradient(): Promise<void> {
    const { step, state } = this.#team;
    const batch = step[stepFields.batch] ?? 0;
    const share = this.#shares.get(batch);
    if (!share) throw new Error(`batches of ${batch} are not compiled`);
    for (const { data, layer, rate } of share.masks) {
      drawKeepMask(data, {
        seed: step[stepFields.seed] ?? 0,
        layer,
        rate,
        step: step[stepFields.step] ?? 0,
        firstRow: share.firstRow,
        rows: share.rows,
      });
    }
    if (share.rows === 0) {
      const address = state.gradients[this.#index] ?? 0;
      for (const [from, to] of gradientRanges(state)) {
        new Uint8Array(state.memory.buffer, address + from, to - from).fill(0);
      }
    }
    for (const binding of share.bindings) {
      await binding.run();
      await this.meet();
    }
    if (share.bindings.length === 0) await this.meet();
  }

  async #updatePart(): Promise<void> {
    const { clipNorm, squares, step } = this.#team;
    const scalars = [...this.#team.scalars];
    const { ranges, pairs } = this.#part;
    if (clipNorm === null) {
      for (const [from, to] of ranges) this.#update.update(from, to, scalars);
      const images = step[stepFields.batch] ?? 0;
      for (const [index, [from, to]] of pairs.entries()) {
        this.#update.updateFactored(index, from, to, images, scalars);
      }
      return;
    }
    let own = 0;
    for (const [from, to] of ranges) own += this.#update.joinGradients(from, to);
    squares[this.#index] = own;
    await this.meet();
    const norm = Math.sqrt(squares.reduce((total, part) => total + part, 0));
    for (const [from, to] of ranges) {
      this.#update.update(from, to, scalars, clipNorm / Math.max(norm, clipNorm));
    }
  }

  async dispose(): Promise<void> {
    for (const { programs } of this.#shares.values()) {
      for (const program of programs) await program.dispose();
    }
    this.#shares.clear();
  }
}

/** What of the parameters is one replica's to update. */
interface Part {
  /** Bytes of every vector that have a gradient. */
  ranges: Range[];
  /** Pairs of rows of each factored kernel. */
  pairs: Range[];
}

function partOf({ state, replicas }: Team, index: number): Part {
  const share = (count: number): Range => [
    Math.floor((count * index) / replicas),
    Math.floor((count * (index + 1)) / replicas),
  ];
  const ranges = gradientRanges(state).map(([from, to]): Range => {
    const [first, end] = share(Math.ceil((to - from) / LINE_BYTES));
    return [from + first * LINE_BYTES, Math.min(to, from + end * LINE_BYTES)];
  });
  return { ranges, pairs: state.factored.map(({ inputs }) => share(inputs / TILE_ROWS)) };
}
