/** The float constants of a written `.tflite` file, read back by the schema alone. */
import { ByteBuffer } from 'flatbuffers';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import { tensorTypes } from './model.ts';

/** Place of a field in its table; 0 where it is left out. */
function field(b: ByteBuffer, table: number, index: number): number {
  const offset = b.__offset(table, 4 + 2 * index);
  return offset === 0 ? 0 : table + offset;
}

function vectorOf(b: ByteBuffer, table: number, index: number): { start: number; length: number } {
  const at = field(b, table, index);
  return at === 0 ? { start: 0, length: 0 } : { start: b.__vector(at), length: b.__vector_len(at) };
}

function tablesOf(b: ByteBuffer, table: number, index: number): number[] {
  const { start, length } = vectorOf(b, table, index);
  return Array.from({ length }, (_, each) => b.__indirect(start + 4 * each));
}

/** Named by their place among the tensors, and their name. */
export function readConstants(bytes: Uint8Array): Map<string, FloatTensor> {
  const b = new ByteBuffer(bytes);
  const root = b.readInt32(0);
  const [subgraph] = tablesOf(b, root, 2);
  const buffers = tablesOf(b, root, 4);
  const found = new Map<string, FloatTensor>();
  for (const [place, tensor] of tablesOf(b, subgraph!, 0).entries()) {
    const type = field(b, tensor, 1) && b.readInt8(field(b, tensor, 1));
    const buffer = field(b, tensor, 2) && b.readUint32(field(b, tensor, 2));
    if (type !== tensorTypes.float32 || buffer === 0) continue;
    const { start, length } = vectorOf(b, buffers[buffer]!, 0);
    const sizes = vectorOf(b, tensor, 0);
    const shape = Array.from({ length: sizes.length }, (_, axis) =>
      b.readInt32(sizes.start + 4 * axis),
    );
    const name = String(b.__string(field(b, tensor, 3)));
    // A copy of its own: of a Buffer, slice would be none.
    const own = Uint8Array.from(bytes.subarray(start, start + length));
    const data = new Float32Array(own.buffer);
    found.set(`${place} ${name}`, { shape, data });
  }
  return found;
}
