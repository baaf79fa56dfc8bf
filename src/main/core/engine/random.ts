/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna, 2018), its state filled by splitmix32
 * from a key. The same key gives the same numbers on every platform, and different keys (a seed, a
 * purpose, an epoch) give streams that have nothing to do with each other.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(...key: readonly (number | string)[]) {
    let hash = 0x9e3779b9;
    for (const part of key) {
      // A separator between parts, so that (1, 23) and (12, 3) differ.
      for (const character of `${part}\u0000`) {
        hash = mix((hash ^ character.charCodeAt(0)) + 0x9e3779b9);
      }
    }
    for (let index = 0; index < 4; index++) {
      hash = (hash + 0x9e3779b9) | 0;
      this.#state[index] = mix(hash);
    }
  }

  /** Uniform over all 32-bit unsigned integers. */
  uint32(): number {
    const s = this.#state;
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = s;
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const x2 = s2 ^ s0;
    const x3 = s3 ^ s1;
    s[0] = s0 ^ x3;
    s[1] = s1 ^ x2;
    s[2] = x2 ^ (s1 << 9);
    s[3] = (x3 << 11) | (x3 >>> 21);
    return result;
  }

  /** Uniform in [0, 1) with 24 bits, as many as a float32 holds. */
  uniform(): number {
    return (this.uint32() >>> 8) / 0x1000000;
  }

  /** Uniform integer in [0, bound), without bias (Lemire, 2019). */
  below(bound: number): number {
    const threshold = 0x100000000 % bound;
    for (;;) {
      const product = BigInt(this.uint32()) * BigInt(bound);
      if (Number(product & 0xffffffffn) >= threshold) return Number(product >> 32n);
    }
  }

  /** 0 … count − 1 in random order (Fisher–Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const moved = order[other] ?? 0;
      order[other] = order[last] ?? 0;
      order[last] = moved;
    }
    return order;
  }
}

/** The finaliser of splitmix32 (murmur3's). */
function mix(value: number): number {
  let z = value;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
