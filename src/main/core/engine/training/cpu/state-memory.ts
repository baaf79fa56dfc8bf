/**
 * Weights, optimizer vectors and gradients in one memory that all threads share. Each vector is as
 * long as all trainable parameters together; there are as many gradients as replicas.
 */
import { AppError } from '#shared/errors.ts';
import { MOST_PAGES, PAGE_BYTES } from '../../wasm/module.ts';
import type { FactoredKernel } from './factored.ts';

/** A kernel without a gradient, and the addresses of its gradient's factors for the whole batch. */
export interface FactoredState extends FactoredKernel {
  /** [images, inputs] */
  x: number;
  /** [images, units] */
  slopes: number;
}

/** Survives structured cloning: threads that get it see the same numbers. */
export interface StateMemory {
  memory: WebAssembly.Memory;
  pages: number;
  /** Numbers of a vector in use. */
  size: number;
  /** Bytes of a vector; past `size` they stay zero. */
  bytes: number;
  /** Addresses of the vectors. */
  weights: number;
  slots: number[];
  gradients: number[];
  /** Of what each number multiplies the learning rate by; null where all learn alike. */
  rates: number | null;
  /** Their parts of the gradients are never touched, so they take addresses only. */
  factored: FactoredState[];
  /** Images that the factors have place for. */
  mostImages: number;
}

/** A cache line, so that no two threads write the same one. */
export const LINE_BYTES = 64;

export interface StateSize {
  /** Numbers of a vector. */
  size: number;
  /** Vectors of the optimizer. */
  slots: number;
  replicas: number;
  /** Whether some learn at other rates than the rest. */
  rates?: boolean;
  factored?: readonly FactoredKernel[];
  /** Images of a batch; no later batch may have more where there are factors. */
  batch?: number;
}

function lineBytes(numbers: number): number {
  return Math.ceil((numbers * Float32Array.BYTES_PER_ELEMENT) / LINE_BYTES) * LINE_BYTES;
}

/** @throws AppError OUT_OF_MEMORY where 32-bit addresses do not reach all of it */
export function allocateState(state: StateSize): StateMemory {
  const { size, slots, replicas, rates = false, factored = [], batch = 0 } = state;
  let end = 0;
  const place = (numbers: number) => {
    end += lineBytes(numbers);
    return end - lineBytes(numbers);
  };
  const addresses = {
    weights: place(size),
    slots: Array.from({ length: slots }, () => place(size)),
    gradients: Array.from({ length: replicas }, () => place(size)),
    rates: rates ? place(size) : null,
    factored: factored.map((kernel) => ({
      ...kernel,
      x: place(batch * kernel.inputs),
      slopes: place(batch * kernel.units),
    })),
  };
  const pages = Math.max(1, Math.ceil(end / PAGE_BYTES));
  if (pages > MOST_PAGES) throw tooLarge(state);
  return {
    memory: new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
    pages,
    size,
    bytes: lineBytes(size),
    ...addresses,
    mostImages: batch,
  };
}

export type Range = readonly [from: number, to: number];

/** Bytes of a vector whose gradient is written down: all but the factored kernels. */
export function gradientRanges({ bytes, factored }: StateMemory): Range[] {
  const { BYTES_PER_ELEMENT } = Float32Array;
  const starts = factored.map(({ offset }) => offset * BYTES_PER_ELEMENT);
  const ends = factored.map(
    ({ offset, inputs, units }) => (offset + inputs * units) * BYTES_PER_ELEMENT,
  );
  return [0, ...ends].map((from, index): Range => [from, starts[index] ?? bytes]);
}

function tooLarge({ size, slots }: StateSize): AppError {
  return new AppError(
    'OUT_OF_MEMORY',
    `A model of ${size.toLocaleString('en')} parameters, with what its optimizer keeps of each, is too large to train on the CPU.`,
    {
      hint:
        slots > 1 ? 'Choose SGD, which keeps less, or a smaller model.' : 'Choose a smaller model.',
    },
  );
}

/** The vector at an address, or some numbers of it. */
export function view(
  { memory, size }: StateMemory,
  address: number,
  offset = 0,
  length = size,
): Float32Array<SharedArrayBuffer> {
  return new Float32Array(
    memory.buffer as unknown as SharedArrayBuffer,
    address + offset * Float32Array.BYTES_PER_ELEMENT,
    length,
  );
}

export function sharedBytes(length: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(length));
}

export function sharedInts(length: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}

export function sharedFloats(length: number): Float32Array<SharedArrayBuffer> {
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}

export function sharedDoubles(length: number): Float64Array<SharedArrayBuffer> {
  return new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
}
