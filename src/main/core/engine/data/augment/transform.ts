/**
 * The geometry of one image as one projective map from places in the result to places in the original,
 * so that however many operations there are, the image is resampled once. Coordinates are pixels from
 * the image's middle, y downwards. What is done first to the image is multiplied first.
 */
export class Transform {
  /** Row-major 3×3: (x, y) of the result → ((m0 x + m1 y + m2) / w, (m3 x + m4 y + m5) / w). */
  readonly matrix = new Float64Array(9);

  constructor() {
    this.reset();
  }

  reset(): void {
    this.matrix.fill(0);
    this.matrix[0] = this.matrix[4] = this.matrix[8] = 1;
  }

  /** Multiplies with the inverse of the next operation's map. */
  #then(
    ...[a, b, c, d, e, f, g = 0, h = 0, i = 1]: [
      a: number,
      b: number,
      c: number,
      d: number,
      e: number,
      f: number,
      g?: number,
      h?: number,
      i?: number,
    ]
  ): void {
    const m = this.matrix;
    for (let row = 0; row < 9; row += 3) {
      const [x, y, z] = [m[row]!, m[row + 1]!, m[row + 2]!];
      m[row] = x * a + y * d + z * g;
      m[row + 1] = x * b + y * e + z * h;
      m[row + 2] = x * c + y * f + z * i;
    }
  }

  flip(horizontally: boolean): void {
    if (horizontally) this.#then(-1, 0, 0, 0, 1, 0);
    else this.#then(1, 0, 0, 0, -1, 0);
  }

  /** By `turns` × 90° counter-clockwise; `aspect` is width / height. */
  quarterTurn(turns: number, aspect: number): void {
    const [cos, sin] = exactTurn(turns);
    this.#then(cos, -sin * aspect, 0, sin / aspect, cos, 0);
  }

  /** Counter-clockwise. */
  rotate(degrees: number): void {
    const turns = degrees / 90;
    const angle = (degrees * Math.PI) / 180;
    const [cos, sin] = Number.isInteger(turns)
      ? exactTurn(turns)
      : ([Math.cos(angle), Math.sin(angle)] as const);
    this.#then(cos, -sin, 0, sin, cos, 0);
  }

  /** Pixels to the right and down. */
  shift(x: number, y: number): void {
    this.#then(1, 0, -x, 0, 1, -y);
  }

  /** Degrees by which upright lines lean to the right. */
  shearX(degrees: number): void {
    this.#then(1, Math.tan((degrees * Math.PI) / 180), 0, 0, 1, 0);
  }

  /** Degrees by which level lines fall to the right. */
  shearY(degrees: number): void {
    this.#then(1, 0, 0, -Math.tan((degrees * Math.PI) / 180), 1, 0);
  }

  zoom(x: number, y: number): void {
    this.#then(1 / x, 0, 0, 0, 1 / y, 0);
  }

  /** A box, as shares of the image's size, with its middle at (x, y) pixels, fills the result. */
  crop(widthShare: number, heightShare: number, x: number, y: number): void {
    this.#then(widthShare, 0, x, 0, heightShare, y);
  }

  /**
   * The image's corners go to those of a quadrilateral: `corners` are x and y of its upper left,
   * upper right, lower right and lower left, where the image's own are at (±halfWidth, ±halfHeight).
   */
  perspective(corners: ArrayLike<number>, halfWidth: number, halfHeight: number): void {
    // Heckbert (1989): the unit square to a quadrilateral, in closed form.
    const [x0, y0, x1, y1] = [corners[0]!, corners[1]!, corners[2]!, corners[3]!];
    const [x2, y2, x3, y3] = [corners[4]!, corners[5]!, corners[6]!, corners[7]!];
    const sx = x0 - x1 + x2 - x3;
    const sy = y0 - y1 + y2 - y3;
    const [dx1, dy1, dx2, dy2] = [x1 - x2, y1 - y2, x3 - x2, y3 - y2];
    const det = dx1 * dy2 - dx2 * dy1;
    const g = (sx * dy2 - dx2 * sy) / det;
    const h = (dx1 * sy - sx * dy1) / det;
    const [a, b, c] = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0];
    const [d, e, f] = [y1 - y0 + g * y1, y3 - y0 + h * y3, y0];
    // Its inverse up to a factor, which does not matter, and from the unit square to the image.
    const [ia, ib, ic] = [e - f * h, c * h - b, b * f - c * e];
    const [id, ie, iff] = [f * g - d, a - c * g, c * d - a * f];
    const [ig, ih, ii] = [d * h - e * g, b * g - a * h, a * e - b * d];
    const [w, v] = [2 * halfWidth, 2 * halfHeight];
    this.#then(
      ia * w - ig * halfWidth,
      ib * w - ih * halfWidth,
      ic * w - ii * halfWidth,
      id * v - ig * halfHeight,
      ie * v - ih * halfHeight,
      iff * v - ii * halfHeight,
      ig,
      ih,
      ii,
    );
    this.#normalise();
  }

  /** Factors of a projective matrix do not matter; without this they grow. */
  #normalise(): void {
    const scale = this.matrix[8]!;
    for (let index = 0; index < 9; index++) this.matrix[index]! /= scale;
  }
}

/** Cosine and sine without the rounding of π. */
function exactTurn(turns: number): readonly [cos: number, sin: number] {
  const quarter = ((turns % 4) + 4) % 4;
  return (
    [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ] as const
  )[quarter]!;
}
