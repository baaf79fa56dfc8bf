/**
 * A WebAssembly function that goes once over float32 vectors in memory, four numbers at a time:
 * `name(from, to, ...scalars)` with the range in bytes from each vector's start, multiples of 16.
 */
import { unsigned, type WasmFunction } from './module.ts';
import {
  FROM,
  NO_RESULT,
  STEP_BYTES,
  TO,
  VectorCode,
  op,
  simd,
  vectorOp,
  type Lanes,
} from './vector-code.ts';

export class VectorLoop extends VectorCode {
  #squares: Lanes | undefined;

  constructor(name: string, scalars: number) {
    super(name, 2, scalars);
  }

  /** The function answers the sum of the squares of all `value`s, in double precision. */
  sumSquares(value: Lanes): void {
    // A local variable begins as zeros.
    const sums = (this.#squares ??= this.lanes());
    const upper = this.push([
      ...[op.get, ...unsigned(value), op.get, ...unsigned(value)],
      ...vectorOp(simd.shuffle),
      ...[8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7],
    ]);
    for (const half of [value, upper]) {
      const double = this.push([op.get, ...unsigned(half), ...vectorOp(simd.promoteLow)]);
      const square = this.binary(simd.mulDouble, double, double);
      this.body.push(op.get, ...unsigned(sums), op.get, ...unsigned(square));
      this.body.push(...vectorOp(simd.addDouble), op.set, ...unsigned(sums));
    }
  }

  finish(): WasmFunction {
    const squares = this.#squares;
    const loop = [
      ...[op.loop, NO_RESULT],
      ...this.body,
      ...[op.get, FROM, op.i32Const, STEP_BYTES, op.i32Add, op.tee, FROM],
      ...[op.get, TO, op.i32Less, op.branchIf, 0],
      op.end,
    ];
    return squares === undefined
      ? this.function(loop)
      : this.function([...loop, ...total(squares)], 'f64');
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
