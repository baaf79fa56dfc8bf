/**
 * Weights, optimizer vectors and gradients in one memory that all threads share. Each vector is as
 * long as all trainable parameters together; there are as many gradients as replicas.
 */
import { AppError } from '#shared/errors.ts';
import { MOST_PAGES, PAGE_BYTES } from '../../wasm/module.ts';

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
}

/** A cache line, so that no two threads write the same one. */
export const LINE_BYTES = 64;

export interface StateSize {
  /** Numbers of a vector. */
  size: number;
  /** Vectors of the optimizer. */
  slots: number;
  replicas: number;
}

function bytesOf({ size }: StateSize): number {
  return Math.ceil((size * Float32Array.BYTES_PER_ELEMENT) / LINE_BYTES) * LINE_BYTES;
}

function pagesFor(state: StateSize): number {
  return Math.max(1, Math.ceil((bytesOf(state) * (1 + state.slots + state.replicas)) / PAGE_BYTES));
}

/** @throws AppError OUT_OF_MEMORY where 32-bit addresses do not reach all of it */
export function allocateState(state: StateSize): StateMemory {
  const pages = pagesFor(state);
  if (pages > MOST_PAGES) throw tooLarge(state);
  const bytes = bytesOf(state);
  let end = 0;
  const vector = () => (end += bytes) - bytes;
  return {
    memory: new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
    pages,
    size: state.size,
    bytes,
    weights: vector(),
    slots: Array.from({ length: state.slots }, vector),
    gradients: Array.from({ length: state.replicas }, vector),
  };
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
