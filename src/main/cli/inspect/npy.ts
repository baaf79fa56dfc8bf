import { npyHeader } from '#core/util/npy.ts';

/** NumPy's file of one array of float32. */
export function npy(shape: readonly number[], values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return Buffer.concat([npyHeader(shape), bytes]);
}
