/**
 * A WebAssembly function that goes over a part of a float32 vector that is a matrix [inputs, units],
 * two rows by sixteen columns at a time, with the product xᵀ·dy of two small matrices for the same
 * numbers at hand: `name(from, to, x, images, ...scalars)`. `from` and `to` are bytes from each
 * vector's start, of whole pairs of rows; `x` is the address of the first image's number for row
 * `from`. The product never is in memory: with few images, computing it costs less than writing it.
 */
import type { WasmFunction } from './module.ts';
import { signed, unsigned } from './module.ts';
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

const X = 2;
const IMAGES = 3;
const NUMBERS = 4;
const FLOAT_BYTES = 4;

export const TILE_ROWS = 2;
export const TILE_COLUMNS = 16;
const TILE_BYTES = TILE_COLUMNS * FLOAT_BYTES;
const TILE_VECTORS = TILE_BYTES / STEP_BYTES;

/** dy [images, units] at `slopes`; x is [images, inputs]. */
export interface Factors {
  inputs: number;
  units: number;
  slopes: number;
}

/** Four numbers of the matrix: their place in the tile, and the product's. */
export interface TilePart {
  /** Bytes to add to a vector's address. */
  offset: number;
  product: Lanes;
}

export class OuterProductLoop extends VectorCode {
  readonly #factors: Factors;

  constructor(name: string, scalars: number, factors: Factors) {
    super(name, NUMBERS, scalars);
    this.#factors = factors;
  }

  /** @param each adds what is done with four numbers of a tile; called for all of a tile's parts */
  finish(each: (part: TilePart) => void): WasmFunction {
    const { inputs, units, slopes } = this.#factors;
    const [rowBytes, columnBytes] = [inputs * FLOAT_BYTES, units * FLOAT_BYTES];
    const [xAt, slopeAt, left, column] = Array.from({ length: 4 }, () => this.local('i32'));
    const [get, set] = [
      (index = 0) => [op.get, ...unsigned(index)],
      (index = 0) => [op.set, ...unsigned(index)],
    ];
    const advance = (index: number | undefined, bytes: number) => [
      ...[...get(index), op.i32Const, ...signed(bytes), op.i32Add, ...set(index)],
    ];
    const sums = Array.from({ length: TILE_ROWS * TILE_VECTORS }, () => this.lanes());
    const zero = this.constant(0);
    const start = [
      ...sums.flatMap((sum) => [...get(zero), ...set(sum)]),
      ...[...get(X), ...set(xAt), ...get(column), ...set(slopeAt), ...get(IMAGES), ...set(left)],
    ];
    const image = this.#collected(() => {
      const dy = Array.from({ length: TILE_VECTORS }, (_, part) =>
        this.push([...get(slopeAt), ...vectorOp(simd.load), 4, ...unsigned(part * STEP_BYTES)]),
      );
      for (let row = 0; row < TILE_ROWS; row++) {
        const x = this.push([
          ...[...get(xAt), ...vectorOp(simd.loadSplat), 2, ...unsigned(row * FLOAT_BYTES)],
        ]);
        for (const [part, slope] of dy.entries()) {
          const sum = sums[row * TILE_VECTORS + part] ?? zero;
          this.body.push(...get(this.add(sum, this.mul(x, slope))), ...set(sum));
        }
      }
    });
    const update = this.#collected(() => {
      for (const [index, product] of sums.entries()) {
        const [row, part] = [Math.floor(index / TILE_VECTORS), index % TILE_VECTORS];
        each({ offset: row * columnBytes + part * STEP_BYTES, product });
      }
    });
    return this.function([
      ...[op.loop, NO_RESULT, op.i32Const, ...signed(slopes), ...set(column)],
      ...[op.loop, NO_RESULT, ...start],
      ...[
        op.loop,
        NO_RESULT,
        ...image,
        ...advance(xAt, rowBytes),
        ...advance(slopeAt, columnBytes),
      ],
      ...[...get(left), op.i32Const, ...signed(1), op.i32Sub, op.tee, ...unsigned(left ?? 0)],
      ...[op.branchIf, 0, op.end],
      ...update,
      ...[...advance(FROM, TILE_BYTES), ...advance(column, TILE_BYTES)],
      ...[...get(column), op.i32Const, ...signed(slopes + columnBytes), op.i32Less, op.branchIf, 0],
      ...[op.end, ...advance(FROM, (TILE_ROWS - 1) * columnBytes)],
      ...advance(X, TILE_ROWS * FLOAT_BYTES),
      ...[...get(FROM), ...get(TO), op.i32Less, op.branchIf, 0, op.end],
    ]);
  }

  /** What `add` adds to the body, taken out of it. */
  #collected(add: () => void): number[] {
    const outside = this.body;
    this.body = [];
    add();
    const added = this.body;
    this.body = outside;
    return added;
  }
}
