/**
 * The optimizer as one pass over memory: it reads weights, gradients and optimizer vectors and
 * writes weights and vectors in place. The same arithmetic as nodes of a graph takes about ten
 * passes with a temporary each, and a second copy of everything to write to.
 */
import { atRates, type Optimizer } from '../../optimizers.ts';
import { encodeModule } from '../../wasm/module.ts';
import { OuterProductLoop, TILE_ROWS } from '../../wasm/outer-product-loop.ts';
import type { Lanes, VectorCode } from '../../wasm/vector-code.ts';
import { VectorLoop } from '../../wasm/vector-loop.ts';
import type { StateMemory } from './state-memory.ts';

/** Ranges are in bytes of each vector, multiples of 16. */
export interface UpdateKernel {
  /** Adds all replicas' gradients into the first; answers the sum of the squares. */
  joinGradients(from: number, to: number): number;
  /**
   * One step of the optimizer on the first gradient (`joined`), or on the sum of all of them.
   * With `joined`, the gradient is multiplied by `factor` first.
   */
  update(from: number, to: number, scalars: readonly number[], factor?: number): void;
  /** The same for pairs of rows [from, to) of the factored kernel `index`, from its factors. */
  updateFactored(
    index: number,
    from: number,
    to: number,
    images: number,
    scalars: readonly number[],
  ): void;
}

export interface UpdateOptions {
  optimizer: Optimizer;
  state: StateMemory;
  /** Gradients are joined and measured before the update. */
  clipped: boolean;
}

/** The module's bytes, the same for all threads. */
export function encodeUpdate({
  optimizer,
  state,
  clipped,
}: UpdateOptions): Uint8Array<ArrayBuffer> {
  const first = state.gradients[0] ?? 0;
  const join = new VectorLoop('join', 0);
  const joined = sum(join, state);
  if (state.gradients.length > 1) join.store(first, joined);
  join.sumSquares(joined);

  const scalars = optimizer.scalars.length;
  const loop = new VectorLoop('update', scalars + (clipped ? 1 : 0));
  const gradient = clipped ? loop.mul(loop.load(first), loop.scalar(scalars)) : sum(loop, state);
  addUpdate(loop, { optimizer, state }, gradient);
  const factored = state.factored.map((factors, index) => {
    const tiles = new OuterProductLoop(factoredName(index), scalars, factors);
    return tiles.finish(({ offset, product }) => {
      addUpdate(tiles, { optimizer, state }, product, offset);
    });
  });
  return encodeModule(state.pages, [join.finish(), loop.finish(), ...factored]);
}

const factoredName = (index: number) => `update_${index}`;

/** The optimizer's formula for four numbers, `offset` bytes on from where the loop is. */
function addUpdate(
  loop: VectorCode,
  { optimizer, state }: Pick<UpdateOptions, 'optimizer' | 'state'>,
  gradient: Lanes,
  offset = 0,
): void {
  const scalars = optimizer.scalars.map((_, index) => loop.scalar(index));
  const rate = state.rates === null ? null : loop.load(state.rates + offset);
  const inputs = atRates(loop, optimizer, scalars, rate);
  const slots = state.slots.map((address) => loop.load(address + offset));
  const next = optimizer.update(loop, loop.load(state.weights + offset), gradient, slots, inputs);
  loop.store(state.weights + offset, next.weights);
  for (const [index, address] of state.slots.entries()) {
    const slot = next.slots[index];
    if (slot === undefined) throw new RangeError('the optimizer lost a vector');
    loop.store(address + offset, slot);
  }
}

/** In the order of the replicas, so that the result is the same every time. */
function sum(loop: VectorCode, { gradients }: StateMemory): Lanes {
  const [first, ...others] = gradients.map((address) => loop.load(address));
  if (first === undefined) throw new RangeError('no gradient');
  return others.reduce((total, other) => loop.add(total, other), first);
}

export function openUpdate(
  bytes: Uint8Array<ArrayBuffer>,
  { memory, factored }: StateMemory,
): UpdateKernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    engine: { memory },
  });
  const functions = exports as Record<string, (...values: number[]) => unknown>;
  const call = (name: string, ...values: number[]) => functions[name]?.(...values);
  return {
    joinGradients: (from, to) => (to > from ? Number(call('join', from, to)) : 0),
    update(from, to, scalars, factor) {
      if (to <= from) return;
      call('update', from, to, ...scalars, ...(factor === undefined ? [] : [factor]));
    },
    updateFactored(index, from, to, images, scalars) {
      const kernel = factored[index];
      if (!kernel || to <= from) return;
      const { offset, units, x } = kernel;
      const pairBytes = TILE_ROWS * units * Float32Array.BYTES_PER_ELEMENT;
      const start = offset * Float32Array.BYTES_PER_ELEMENT;
      call(
        factoredName(index),
        start + from * pairBytes,
        start + to * pairBytes,
        x + from * TILE_ROWS * Float32Array.BYTES_PER_ELEMENT,
        images,
        ...scalars,
      );
    },
  };
}
