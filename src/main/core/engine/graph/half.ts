/** IEEE half precision: ten bits of fraction, up to 65,504. */

export const LARGEST_HALF = 65504;
/** Below it numbers have fewer than eleven bits. */
export const SMALLEST_NORMAL_HALF = 2 ** -14;

const bits = new Uint32Array(1);
const single = new Float32Array(bits.buffer);

/** Rounds to the nearest, of two equally near to the even one. */
export function toHalf(data: Float32Array): Uint16Array {
  return Uint16Array.from(data, halfBits);
}

function halfBits(value: number): number {
  single[0] = value;
  const from = bits[0] ?? 0;
  const sign = (from >>> 16) & 0x8000;
  const magnitude = Math.abs(single[0]);
  if (Number.isNaN(magnitude)) return sign | 0x7e00;
  // 65,520 and more round to infinity.
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < SMALLEST_NORMAL_HALF) return sign | roundToEven(magnitude * 2 ** 24);
  const exponent = ((from >>> 23) & 0xff) - 112;
  const fraction = from & 0x7fffff;
  // A fraction that rounds up carries into the exponent, as it should.
  return sign | ((exponent << 10) + roundToEven(fraction / 2 ** 13));
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}

export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a float32, as bfloat16 keeps it. */
export function fromBrain(half: number): number {
  bits[0] = half << 16;
  return single[0] ?? Number.NaN;
}
