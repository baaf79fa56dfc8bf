import type { Random } from '../../random.ts';
import type { Field, Size } from './resample.ts';

/** The four cubic B-spline weights between control points, for each pixel of an axis. */
interface Basis {
  first: Int32Array;
  weights: Float32Array;
}

/**
 * Soft random displacement: a coarse grid of random arrows, made smooth by cubic B-splines. No pixel
 * moves further than the strength says, since spline weights sum to 1.
 */
export class ElasticField {
  readonly field: Field;
  readonly #size: Size;
  readonly #points: number;
  readonly #columns: Basis;
  readonly #rows: Basis;
  readonly #control: [x: Float32Array, y: Float32Array];
  /** Control points of one row of pixels. */
  readonly #line: Float32Array;

  /** @param cell distance of control points as a share of the edge */
  constructor(size: Size, cell: number) {
    this.#size = size;
    const { height, width } = size;
    const cells = Math.max(1, Math.round(1 / cell));
    this.#points = cells + 3;
    this.#columns = basis(width, cells);
    this.#rows = basis(height, cells);
    const points = this.#points ** 2;
    this.#control = [new Float32Array(points), new Float32Array(points)];
    this.#line = new Float32Array(this.#points);
    this.field = { x: new Float32Array(height * width), y: new Float32Array(height * width) };
  }

  /** @param strength largest displacement as a share of the edge */
  draw(random: Random, strength: number): Field {
    const { height, width } = this.#size;
    const [x, y] = this.#control;
    for (let index = 0; index < x.length; index++) {
      x[index] = (2 * random.uniform() - 1) * strength * width;
      y[index] = (2 * random.uniform() - 1) * strength * height;
    }
    this.#spread(x, this.field.x);
    this.#spread(y, this.field.y);
    return this.field;
  }

  #spread(control: Float32Array, into: Float32Array): void {
    const { height, width } = this.#size;
    const points = this.#points;
    const line = this.#line;
    const { first: columns, weights: across } = this.#columns;
    const { first: rows, weights: down } = this.#rows;
    for (let y = 0, at = 0; y < height; y++) {
      const top = rows[y]! * points;
      for (let point = 0; point < points; point++) {
        let sum = 0;
        for (let k = 0; k < 4; k++) sum += control[top + k * points + point]! * down[y * 4 + k]!;
        line[point] = sum;
      }
      for (let x = 0; x < width; x++, at++) {
        const first = columns[x]!;
        const w = x * 4;
        into[at] =
          line[first]! * across[w]! +
          line[first + 1]! * across[w + 1]! +
          line[first + 2]! * across[w + 2]! +
          line[first + 3]! * across[w + 3]!;
      }
    }
  }
}

function basis(size: number, cells: number): Basis {
  const first = new Int32Array(size);
  const weights = new Float32Array(size * 4);
  for (let index = 0; index < size; index++) {
    const place = ((index + 0.5) / size) * cells;
    const cell = Math.min(Math.floor(place), cells - 1);
    const t = place - cell;
    first[index] = cell;
    weights.set(
      [
        (1 - t) ** 3 / 6,
        (3 * t ** 3 - 6 * t ** 2 + 4) / 6,
        (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6,
        t ** 3 / 6,
      ],
      index * 4,
    );
  }
  return { first, weights };
}
