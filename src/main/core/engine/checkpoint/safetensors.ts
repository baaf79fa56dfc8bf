/**
 * The safetensors format (https://github.com/huggingface/safetensors): eight bytes of header length,
 * a JSON header with dtype, shape and place of each tensor, then the tensors. Only float32 is used.
 */
import { AppError } from '#shared/errors.ts';
import { elements } from '../graph/shape.ts';

export interface FloatTensor {
  shape: readonly number[];
  data: Float32Array;
}

export interface SafeTensors {
  tensors: Map<string, FloatTensor>;
  metadata: Record<string, string>;
}

const LENGTH_BYTES = 8;
const LARGEST_HEADER = 100 * 1024 * 1024;

/** The file as pieces to be written one after the other: tensors are not copied. */
export function encodeSafetensors(
  tensors: Iterable<readonly [string, FloatTensor]>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const end = offset + data.byteLength;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] };
    pieces.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset = end;
  }
  const text = JSON.stringify(header);
  // The header is padded with spaces so that the tensors begin at a multiple of eight.
  const padded = Buffer.from(text.padEnd(text.length + padding(Buffer.byteLength(text))));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(padded.byteLength));
  return [length, padded, ...pieces];
}

function padding(bytes: number): number {
  return (LENGTH_BYTES - (bytes % LENGTH_BYTES)) % LENGTH_BYTES;
}

/** Throws SOURCE_UNREADABLE, naming `file`, for anything that is not a whole safetensors file. */
export function decodeSafetensors(bytes: Uint8Array, file: string): SafeTensors {
  const damaged = (why: string, cause?: unknown) =>
    new AppError('SOURCE_UNREADABLE', `The checkpoint ${file} is damaged: ${why}.`, {
      subject: file,
      hint: 'Use the run’s other checkpoint, or train again.',
      cause,
    });
  if (bytes.byteLength < LENGTH_BYTES) throw damaged('it is too short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + headerLength;
  if (headerLength > LARGEST_HEADER || start > bytes.byteLength) throw damaged('it is cut off');
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, start)));
  } catch (error) {
    throw damaged('its header is not JSON', error);
  }
  if (typeof header !== 'object' || header === null) throw damaged('its header is no object');

  const tensors = new Map<string, FloatTensor>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header as Record<string, unknown>)) {
    if (name === '__metadata__') {
      metadata = entry as Record<string, string>;
      continue;
    }
    const {
      dtype,
      shape,
      data_offsets: offsets,
    } = entry as {
      dtype?: unknown;
      shape?: number[];
      data_offsets?: number[];
    };
    const [from, to] = offsets ?? [];
    if (dtype !== 'F32' || !shape || from === undefined || to === undefined) {
      throw damaged(`${name} is not float32`);
    }
    if (to - from !== elements(shape) * 4 || from < 0 || start + to > bytes.byteLength) {
      throw damaged(`${name} is cut off`);
    }
    // A copy: the tensor may begin where a Float32Array may not.
    const begin = bytes.byteOffset + start;
    const data = new Float32Array(bytes.buffer.slice(begin + from, begin + to));
    tensors.set(name, { shape, data });
  }
  return { tensors, metadata };
}
