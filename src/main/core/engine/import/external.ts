/** ONNX files whose weights lie in files beside them, as PyTorch's exporter writes them, in one piece. */
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeAtomically } from '../checkpoint/atomic.ts';
import { ModelProto } from '../graph/onnx-proto.ts';
import { unreadable } from './errors.ts';
import { LARGEST_FILE, readWhole } from './read-whole.ts';
import { bytesOfType } from './tensors.ts';
import { checkWire } from './wire.ts';

interface StoredTensor {
  name: string;
  dims: unknown[];
  data_type: number;
  raw_data: Uint8Array;
  external_data: { key: string; value: string }[];
  data_location: number;
}

interface StoredModel {
  graph?: { initializer: StoredTensor[] } | null;
}

/** onnx.TensorProto.DataLocation */
const EXTERNAL = 1;

/**
 * Writes `file`, a copy of `source`, again with all weights inside, if they are beside `source`.
 * @throws AppError SOURCE_UNREADABLE, DISK_FULL
 */
export async function putWeightsInside(file: string, source: string): Promise<void> {
  const whole = await withWeightsInside(await readWhole(file), source);
  if (whole) await writeAtomically(file, [whole]);
}

/**
 * The file with all weights inside, or null where they are inside already, or it is no model.
 * @param bytes what is in the file
 * @param source where it lies: weights are looked for in its folder and nowhere else
 * @throws AppError SOURCE_UNREADABLE
 */
export async function withWeightsInside(
  bytes: Uint8Array,
  source: string,
): Promise<Uint8Array | null> {
  const message = decoded(bytes);
  const outside = (message?.graph?.initializer ?? []).filter(
    (tensor) => tensor.data_location === EXTERNAL,
  );
  if (!message || outside.length === 0) return null;
  const files = new Map<string, FileHandle>();
  const subject = basename(source);
  let total = bytes.byteLength;
  try {
    for (const tensor of outside) {
      const place = placeOf(tensor, subject);
      total += place.length;
      if (total > LARGEST_FILE)
        throw unreadable(subject, 'it is larger than 2 GB with its weights');
      const file = files.get(place.name) ?? (await openBeside(source, place.name));
      files.set(place.name, file);
      tensor.raw_data = await readPart(file, place, subject);
      tensor.external_data = [];
      tensor.data_location = 0;
    }
    return ModelProto.encode(message).finish();
  } finally {
    for (const file of files.values()) await file.close();
  }
}

/** Null for what cannot be read: whoever reads it next says why. */
function decoded(bytes: Uint8Array): (StoredModel & object) | null {
  try {
    checkWire(bytes);
    return ModelProto.decode(bytes);
  } catch {
    return null;
  }
}

interface Place {
  name: string;
  offset: number;
  length: number;
}

function placeOf({ name: tensor, dims, data_type, external_data }: StoredTensor, subject: string) {
  const said = new Map(external_data.map(({ key, value }) => [key, value]));
  const name = said.get('location') ?? '';
  const plain = /^[^/\\:]+$/.test(name) && !name.includes('\0') && name !== '.' && name !== '..';
  if (!plain) {
    throw unreadable(
      subject,
      `its weights are said to lie at ${JSON.stringify(name.slice(0, 200))}`,
      'They have to be in a file beside the model, in the same folder.',
    );
  }
  const count = dims.reduce<number>((product, dim) => product * Number(dim), 1);
  const expected = count * (bytesOfType(data_type) ?? Number.NaN);
  const offset = Number(said.get('offset') ?? 0);
  const length = Number(said.get('length') ?? expected);
  const sound = [offset, length].every((each) => Number.isSafeInteger(each) && each >= 0);
  if (!sound || length !== expected) {
    throw unreadable(
      subject,
      `${tensor || 'a tensor'} is said to have another length than it needs`,
    );
  }
  return { name, offset, length } satisfies Place;
}

/** A file of the same folder, not one that a link leads to elsewhere. */
async function openBeside(source: string, name: string): Promise<FileHandle> {
  const subject = basename(source);
  const missing = (why: string) =>
    unreadable(subject, why, 'Put the file of its weights beside it, in the same folder.');
  const folder = dirname(await realpath(source));
  const path = await realpath(join(folder, name)).catch(() => {
    throw missing(`its weights are in ${name}, which is not there`);
  });
  if (dirname(path) !== folder || !(await stat(path)).isFile()) {
    throw missing(`${name} is no file of its folder`);
  }
  return await open(path);
}

async function readPart(
  file: FileHandle,
  { name, offset, length }: Place,
  subject: string,
): Promise<Uint8Array> {
  const { size } = await file.stat();
  if (offset + length > size) throw unreadable(subject, `${name} is cut off`);
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  if (bytesRead !== length) throw unreadable(subject, `${name} is cut off`);
  return bytes;
}
