/**
 * The one way pixels get to a model's input size, here and in exported models.
 *
 * Stretches to the target with an antialiased triangle filter (bilinear, widened when shrinking) and
 * half-pixel centres, on 8-bit values, along rows first and then columns, each pass rounded to 8 bits.
 * Bit for bit what ONNX Runtime computes for the operator that exported models begin with
 * (`Resize(mode=linear, antialias=1, exclude_outside=1)` on uint8), and within 1 of Pillow's
 * `resize(…, BILINEAR)`, which both take their fixed-point arithmetic from.
 */

/** Fraction bits of the fixed-point weights: 8 bits of pixel and 2 of headroom fit in 32. */
const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);

interface Filter {
  /** First input sample of each output sample. */
  first: Int32Array;
  /** How many input samples each output sample has. */
  count: Int32Array;
  /** `size` weights for each output sample. */
  weights: Int32Array;
  size: number;
}

function triangleFilter(inSize: number, outSize: number): Filter {
  // Single precision throughout, in ONNX Runtime's order of operations: in double precision the
  // weights differ in their last bits, and with them now and then a pixel by 1.
  const f = Math.fround;
  const scale = f(1 / f(outSize / inSize));
  const support = Math.max(scale, 1);
  const inverse = f(1 / support);
  const size = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Int32Array(outSize * size);
  const raw = new Float32Array(size);
  for (let out = 0; out < outSize; out++) {
    const center = f(f(f(f(out + 0.5) / f(outSize / inSize)) - 0.5) + 0.5);
    const start = Math.max(0, Math.floor(f(f(center - support) + 0.5)));
    const end = Math.min(inSize, Math.floor(f(f(center + support) + 0.5)));
    let sum = 0;
    for (let i = 0; i < end - start; i++) {
      const distance = Math.abs(f(f(f(start + i) - center) + 0.5) * inverse);
      raw[i] = Math.max(0, f(1 - f(distance)));
      sum = f(sum + raw[i]!);
    }
    const normal = f(1 / sum);
    for (let i = 0; i < end - start; i++) {
      weights[out * size + i] = Math.trunc(0.5 + f(raw[i]! * normal) * (1 << PRECISION));
    }
    first[out] = start;
    count[out] = end - start;
  }
  return { first, count, weights, size };
}

/** Along rows: height × inWidth × channels → height × outWidth × channels. */
function resizeRows(
  input: Uint8Array,
  height: number,
  inWidth: number,
  outWidth: number,
  channels: number,
): Uint8Array {
  const { first, count, weights, size } = triangleFilter(inWidth, outWidth);
  const output = new Uint8Array(height * outWidth * channels);
  for (let y = 0; y < height; y++) {
    const row = y * inWidth * channels;
    for (let x = 0; x < outWidth; x++) {
      const from = row + first[x]! * channels;
      const n = count[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = HALF;
        for (let i = 0; i < n; i++) sum += input[from + i * channels + c]! * weights[x * size + i]!;
        output[(y * outWidth + x) * channels + c] = clamp(sum >> PRECISION);
      }
    }
  }
  return output;
}

/** Along columns: inHeight × stride → outHeight × stride, where a row has `stride` bytes. */
function resizeColumns(
  input: Uint8Array,
  inHeight: number,
  outHeight: number,
  stride: number,
): Uint8Array {
  const { first, count, weights, size } = triangleFilter(inHeight, outHeight);
  const output = new Uint8Array(outHeight * stride);
  const sums = new Int32Array(stride);
  for (let y = 0; y < outHeight; y++) {
    sums.fill(HALF);
    for (let i = 0; i < count[y]!; i++) {
      const weight = weights[y * size + i]!;
      const row = (first[y]! + i) * stride;
      for (let x = 0; x < stride; x++) sums[x]! += input[row + x]! * weight;
    }
    for (let x = 0; x < stride; x++) output[y * stride + x] = clamp(sums[x]! >> PRECISION);
  }
  return output;
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

export interface Picture {
  /** height × width × channels, uint8, row by row (HWC). */
  data: Uint8Array;
  height: number;
  width: number;
  channels: number;
}

/** Stretches a picture to height × width; answers the same data when it has that size already. */
export function resize(picture: Picture, height: number, width: number): Uint8Array {
  const { channels } = picture;
  let { data } = picture;
  if (width !== picture.width) {
    data = resizeRows(data, picture.height, picture.width, width, channels);
  }
  if (height !== picture.height) {
    data = resizeColumns(data, picture.height, height, width * channels);
  }
  return data;
}

/**
 * Between grey and RGB. To grey: luma of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B) in Pillow's
 * fixed-point form; to RGB: repeated.
 * @param from, to 1 or 3
 */
export function convertChannels(data: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return data;
  const pixels = data.length / from;
  const output = new Uint8Array(pixels * to);
  if (to === 1) {
    for (let i = 0; i < pixels; i++) {
      const at = i * 3;
      output[i] = (data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471 + 0x8000) >> 16;
    }
  } else {
    for (let i = 0; i < pixels; i++) output.fill(data[i]!, i * 3, i * 3 + 3);
  }
  return output;
}

/**
 * The picture as a model takes it: channels first (as `convert('L')` before `resize`), then size.
 * @returns height × width × channels, uint8
 */
export function toModelInput(
  picture: Picture,
  size: { height: number; width: number; channels: number },
): Uint8Array {
  const data = convertChannels(picture.data, picture.channels, size.channels);
  return resize({ ...picture, data, channels: size.channels }, size.height, size.width);
}
