/** A safetensors file of another program; see `checkpoint/safetensors.ts` for the format. */
import * as z from 'zod';
import { numberTypes, rowMajor, stored, unreadable, type StateDict } from './tensors.ts';

const LENGTH_BYTES = 8;
const LARGEST_HEADER = 100 * 1024 * 1024;

const types: Readonly<Record<string, string>> = {
  F64: 'Double',
  F32: 'Float',
  F16: 'Half',
  BF16: 'BFloat16',
  I64: 'Long',
  I32: 'Int',
  I16: 'Short',
  I8: 'Char',
  U8: 'Byte',
  BOOL: 'Bool',
};

const size = z.number().int().min(0);
const entry = z.object({
  dtype: z.string(),
  shape: z.array(size).max(16),
  data_offsets: z.tuple([size, size]),
});
const header = z
  .object({ __metadata__: z.record(z.string(), z.string()).optional() })
  .catchall(entry);

export const looksLikeSafetensors = (bytes: Uint8Array): boolean => bytes[LENGTH_BYTES] === 0x7b;

/** @throws AppError SOURCE_UNREADABLE */
export function readSafetensors(bytes: Uint8Array, subject: string): StateDict {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = LENGTH_BYTES + Number(view.getBigUint64(0, true));
    if (start > bytes.byteLength || start > LARGEST_HEADER) throw new RangeError('it is cut off');
    const text = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, start));
    const { __metadata__: metadata = {}, ...entries } = header.parse(JSON.parse(text));
    const tensors = new Map(
      Object.entries(entries).map(
        ([
          name,
          {
            dtype,
            shape,
            data_offsets: [from, to],
          },
        ]) => {
          const type = numberTypes[types[dtype] ?? ''];
          if (!type) throw new RangeError(`${name} holds numbers of the type ${dtype}`);
          if (to < from || start + to > bytes.byteLength)
            throw new RangeError(`${name} is cut off`);
          const part = bytes.subarray(start + from, start + to);
          return [
            name,
            stored(part, { type, shape, strides: rowMajor(shape), offset: 0 }),
          ] as const;
        },
      ),
    );
    return { tensors, metadata };
  } catch (cause) {
    const known = cause instanceof RangeError ? cause.message : 'it is no whole safetensors file';
    throw unreadable(subject, known, cause);
  }
}
