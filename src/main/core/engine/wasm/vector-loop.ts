/**
 * A WebAssembly function that goes once over float32 vectors in memory, four numbers at a time:
 * `name(from, to, ...scalars)` with the range in bytes from each vector's start, multiples of 16.
 */
import type { Arithmetic } from '../arithmetic.ts';
import { unsigned, type WasmFunction } from './module.ts';

/** A local variable of four float32. */
export type Lanes = number & { readonly lanes: true };

const FROM = 0;
const TO = 1;
const FIRST_SCALAR = 2;
const STEP_BYTES = 16;

const op = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  i32Const: 0x41,
  i32Less: 0x49,
  i32Add: 0x6a,
  f64Add: 0xa0,
} as const;
const NO_RESULT = 0x40;

const simd = {
  load: 0x00,
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

function vectorOp(code: number): number[] {
  return [0xfd, ...unsigned(code)];
}

/** `address` + FROM, with the promise that it is a multiple of 16. */
function at(address: number): number[] {
  return [4, ...unsigned(address)];
}

export class VectorLoop implements Arithmetic<Lanes> {
  readonly #name: string;
  readonly #scalars: number;
  readonly #before: number[] = [];
  readonly #body: number[] = [];
  readonly #constants = new Map<number, Lanes>();
  #locals = 0;
  #squares: Lanes | undefined;

  constructor(name: string, scalars: number) {
    this.#name = name;
    this.#scalars = scalars;
  }

  /** The function's scalar `index`, against every element. */
  scalar(index: number): Lanes {
    const lanes = this.#local();
    const value = [op.get, ...unsigned(FIRST_SCALAR + index)];
    this.#before.push(...value, ...vectorOp(simd.splat), op.set, ...unsigned(lanes));
    return lanes;
  }

  constant(number: number): Lanes {
    const known = this.#constants.get(number);
    if (known !== undefined) return known;
    const lanes = this.#local();
    this.#constants.set(number, lanes);
    const four = [...new Uint8Array(new Float32Array(4).fill(number).buffer)];
    this.#before.push(...vectorOp(simd.constant), ...four, op.set, ...unsigned(lanes));
    return lanes;
  }

  /** Four numbers of the vector that starts at `address`, a multiple of 16. */
  load(address: number): Lanes {
    return this.#push([op.get, FROM, ...vectorOp(simd.load), ...at(address)]);
  }

  store(address: number, value: Lanes): void {
    this.#body.push(op.get, FROM, op.get, ...unsigned(value));
    this.#body.push(...vectorOp(simd.store), ...at(address));
  }

  add(left: Lanes, right: Lanes): Lanes {
    return this.#binary(simd.add, left, right);
  }

  sub(left: Lanes, right: Lanes): Lanes {
    return this.#binary(simd.sub, left, right);
  }

  mul(left: Lanes, right: Lanes): Lanes {
    return this.#binary(simd.mul, left, right);
  }

  div(left: Lanes, right: Lanes): Lanes {
    return this.#binary(simd.div, left, right);
  }

  sqrt(value: Lanes): Lanes {
    return this.#push([op.get, ...unsigned(value), ...vectorOp(simd.sqrt)]);
  }

  /** The function answers the sum of the squares of all `value`s, in double precision. */
  sumSquares(value: Lanes): void {
    // A local variable begins as zeros.
    const sums = (this.#squares ??= this.#local());
    const upper = this.#push([
      ...[op.get, ...unsigned(value), op.get, ...unsigned(value)],
      ...vectorOp(simd.shuffle),
      ...[8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7],
    ]);
    for (const half of [value, upper]) {
      const double = this.#push([op.get, ...unsigned(half), ...vectorOp(simd.promoteLow)]);
      const square = this.#binary(simd.mulDouble, double, double);
      this.#body.push(op.get, ...unsigned(sums), op.get, ...unsigned(square));
      this.#body.push(...vectorOp(simd.addDouble), op.set, ...unsigned(sums));
    }
  }

  finish(): WasmFunction {
    const squares = this.#squares;
    return {
      name: this.#name,
      parameters: ['i32', 'i32', ...Array.from({ length: this.#scalars }, () => 'f32' as const)],
      ...(squares === undefined ? {} : { result: 'f64' }),
      locals: Array.from({ length: this.#locals }, () => 'v128'),
      body: [
        ...this.#before,
        ...[op.loop, NO_RESULT],
        ...this.#body,
        ...[op.get, FROM, op.i32Const, STEP_BYTES, op.i32Add, op.tee, FROM],
        ...[op.get, TO, op.i32Less, op.branchIf, 0],
        op.end,
        ...(squares === undefined ? [] : total(squares)),
      ],
    };
  }

  #local(): Lanes {
    return (FIRST_SCALAR + this.#scalars + this.#locals++) as Lanes;
  }

  /** Keeps what `instructions` leave on the stack. */
  #push(instructions: readonly number[]): Lanes {
    const lanes = this.#local();
    this.#body.push(...instructions, op.set, ...unsigned(lanes));
    return lanes;
  }

  #binary(code: number, left: Lanes, right: Lanes): Lanes {
    const operands = [op.get, ...unsigned(left), op.get, ...unsigned(right)];
    return this.#push([...operands, ...vectorOp(code)]);
  }
}

/** Both doubles of `sums` together. */
function total(sums: Lanes): number[] {
  const lane = (index: number) => [
    ...[op.get, ...unsigned(sums)],
    ...vectorOp(simd.extractDouble),
    index,
  ];
  return [...lane(0), ...lane(1), op.f64Add];
}
