/**
 * Arithmetic on four float32 at a time as the code of a WebAssembly function: what the loops over
 * vectors in memory (vector-loop.ts, outer-product-loop.ts) have in common.
 */
import type { Arithmetic } from '../arithmetic.ts';
import { unsigned, type WasmFunction, type WasmType } from './module.ts';

/** A local variable of four float32. */
export type Lanes = number & { readonly lanes: true };

/** Of every function: bytes from each vector's start, the first and the one behind the last. */
export const FROM = 0;
export const TO = 1;
export const STEP_BYTES = 16;

export const op = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  i32Const: 0x41,
  i32Less: 0x49,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  f64Add: 0xa0,
} as const;
export const NO_RESULT = 0x40;

export const simd = {
  load: 0x00,
  loadSplat: 0x09,
  store: 0x0b,
  constant: 0x0c,
  shuffle: 0x0d,
  splat: 0x13,
  extractDouble: 0x21,
  promoteLow: 0x5f,
  sqrt: 0xe3,
  add: 0xe4,
  sub: 0xe5,
  mul: 0xe6,
  div: 0xe7,
  addDouble: 0xf0,
  mulDouble: 0xf2,
} as const;

export function vectorOp(code: number): number[] {
  return [0xfd, ...unsigned(code)];
}

/** `address` + FROM, with the promise that it is a multiple of 16. */
export function at(address: number): number[] {
  return [4, ...unsigned(address)];
}

/** Code of a function `name(from, to, …, ...scalars)` over float32 vectors in memory. */
export abstract class VectorCode implements Arithmetic<Lanes> {
  protected readonly name: string;
  readonly #numbers: number;
  readonly #scalars: number;
  readonly #constants = new Map<number, Lanes>();
  readonly #locals: WasmType[] = [];
  /** What is done once, before the loop. */
  protected readonly before: number[] = [];
  protected body: number[] = [];

  /** @param numbers i32 parameters, `from` and `to` among them, before the scalars */
  constructor(name: string, numbers: number, scalars: number) {
    this.name = name;
    this.#numbers = numbers;
    this.#scalars = scalars;
  }

  /** The function's scalar `index`, against every element. */
  scalar(index: number): Lanes {
    const lanes = this.lanes();
    const value = [op.get, ...unsigned(this.#numbers + index)];
    this.before.push(...value, ...vectorOp(simd.splat), op.set, ...unsigned(lanes));
    return lanes;
  }

  constant(number: number): Lanes {
    const known = this.#constants.get(number);
    if (known !== undefined) return known;
    const lanes = this.lanes();
    this.#constants.set(number, lanes);
    const four = [...new Uint8Array(new Float32Array(4).fill(number).buffer)];
    this.before.push(...vectorOp(simd.constant), ...four, op.set, ...unsigned(lanes));
    return lanes;
  }

  /** Four numbers of the vector that starts at `address`, a multiple of 16. */
  load(address: number): Lanes {
    return this.push([op.get, FROM, ...vectorOp(simd.load), ...at(address)]);
  }

  store(address: number, value: Lanes): void {
    this.body.push(op.get, FROM, op.get, ...unsigned(value));
    this.body.push(...vectorOp(simd.store), ...at(address));
  }

  add(left: Lanes, right: Lanes): Lanes {
    return this.binary(simd.add, left, right);
  }

  sub(left: Lanes, right: Lanes): Lanes {
    return this.binary(simd.sub, left, right);
  }

  mul(left: Lanes, right: Lanes): Lanes {
    return this.binary(simd.mul, left, right);
  }

  div(left: Lanes, right: Lanes): Lanes {
    return this.binary(simd.div, left, right);
  }

  sqrt(value: Lanes): Lanes {
    return this.push([op.get, ...unsigned(value), ...vectorOp(simd.sqrt)]);
  }

  /** A local variable; all begin as zeros. */
  protected local(type: WasmType): number {
    return this.#numbers + this.#scalars + this.#locals.push(type) - 1;
  }

  protected lanes(): Lanes {
    return this.local('v128') as Lanes;
  }

  protected function(body: readonly number[], result?: WasmType): WasmFunction {
    return {
      name: this.name,
      parameters: [
        ...Array.from({ length: this.#numbers }, () => 'i32' as const),
        ...Array.from({ length: this.#scalars }, () => 'f32' as const),
      ],
      ...(result ? { result } : {}),
      locals: this.#locals,
      body: [...this.before, ...body],
    };
  }

  /** Keeps what `instructions` leave on the stack. */
  protected push(instructions: readonly number[]): Lanes {
    const lanes = this.lanes();
    this.body.push(...instructions, op.set, ...unsigned(lanes));
    return lanes;
  }

  protected binary(code: number, left: Lanes, right: Lanes): Lanes {
    const operands = [op.get, ...unsigned(left), op.get, ...unsigned(right)];
    return this.push([...operands, ...vectorOp(code)]);
  }
}
