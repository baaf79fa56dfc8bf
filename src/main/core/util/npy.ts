/** The beginning of NumPy's file of one array of float32 (version 1.0 of its format). */
export function npyHeader(shape: readonly number[]): Uint8Array {
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = 10;
  // Numbers begin at a multiple of 64; the header ends with a line feed.
  const length = Math.ceil((start + text.length + 1) / 64) * 64 - start;
  const header = Buffer.alloc(start + length, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(text, start, 'latin1');
  header.write('\n', header.length - 1, 'latin1');
  return header;
}
