/** Raw numbers as a file of an answer: the wire carries files as bytes, and everything else as text. */
export function bytesFile(...parts: readonly (Uint8Array | Float32Array)[]): File {
  // Blobs copy; none of the arrays is in memory that threads share.
  return new File(parts as (Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>)[], 'bytes', {
    type: 'application/octet-stream',
  });
}
