/**
 * Typed arrays as BLOBs. Little-endian, which is what every machine this runs on uses in memory.
 */

export function toBlob(array: Uint32Array | Int32Array | Float32Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** The BLOB's bytes in memory of their own: SQLite's buffers need not be aligned to four bytes. */
function ownBytes(blob: Uint8Array): ArrayBuffer {
  const bytes = new Uint8Array(blob.byteLength);
  bytes.set(blob);
  return bytes.buffer;
}

export const uint32FromBlob = (blob: Uint8Array): Uint32Array => new Uint32Array(ownBytes(blob));
export const int32FromBlob = (blob: Uint8Array): Int32Array => new Int32Array(ownBytes(blob));
export const float32FromBlob = (blob: Uint8Array): Float32Array => new Float32Array(ownBytes(blob));
