/** The constants of a written `.tflite` file, read back by the schema alone. */
import { ByteBuffer } from 'flatbuffers';
import { elements } from '../../graph/shape.ts';
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
  const found = new Map<string, FloatTensor>();
  for (const { place, name, shape, type, data } of constantsOf(b)) {
    if (type !== tensorTypes.float32) continue;
    found.set(`${place} ${name}`, { shape, data: new Float32Array(data.buffer) });
  }
  return found;
}

/** int8 kernels as the numbers that they stand for, by name. */
export function readKernels(bytes: Uint8Array): Map<string, FloatTensor> {
  const b = new ByteBuffer(bytes);
  const found = new Map<string, FloatTensor>();
  for (const { table, name, shape, type, data } of constantsOf(b)) {
    const quantization = field(b, table, 4);
    if (type !== tensorTypes.int8 || quantization === 0) continue;
    const details = b.__indirect(quantization);
    const { start, length } = vectorOf(b, details, 2);
    const scales = Array.from({ length }, (_, index) => b.readFloat32(start + 4 * index));
    const axis = field(b, details, 6) && b.readInt32(field(b, details, 6));
    const inner = elements(shape.slice(axis + 1));
    const integers = new Int8Array(data.buffer);
    const numbers = Float32Array.from(
      integers,
      (value, at) => value * scales[Math.floor(at / inner) % length]!,
    );
    found.set(name, { shape, data: numbers });
  }
  return found;
}

interface Constant {
  /** Its table in the file. */
  table: number;
  place: number;
  name: string;
  shape: number[];
  type: number;
  /** A copy with memory of its own. */
  data: Uint8Array<ArrayBuffer>;
}

function* constantsOf(b: ByteBuffer): Generator<Constant> {
  const root = b.readInt32(0);
  const [subgraph] = tablesOf(b, root, 2);
  const buffers = tablesOf(b, root, 4);
  for (const [place, table] of tablesOf(b, subgraph!, 0).entries()) {
    const type = field(b, table, 1) && b.readInt8(field(b, table, 1));
    const buffer = field(b, table, 2) && b.readUint32(field(b, table, 2));
    if (buffer === 0) continue;
    const { start, length } = vectorOf(b, buffers[buffer]!, 0);
    const sizes = vectorOf(b, table, 0);
    const shape = Array.from({ length: sizes.length }, (_, axis) =>
      b.readInt32(sizes.start + 4 * axis),
    );
    const name = String(b.__string(field(b, table, 3)));
    const data = Uint8Array.from(b.bytes().subarray(start, start + length));
    yield { table, place, name, shape, type, data };
  }
}
