/** Files as torch.save writes them, byte by byte, for tests that have no Python. */
import { zipSync } from 'fflate';
import type { FloatTensor } from '#core/engine/checkpoint/safetensors.ts';

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

const text = (value: string): Buffer => {
  const bytes = utf8(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([utf8('X'), length, bytes]);
};

const integer = (value: number): Buffer => {
  const bytes = Buffer.alloc(5, 'J');
  bytes.writeInt32LE(value, 1);
  return bytes;
};

export const named = (module: string, name: string): Buffer => utf8(`c${module}\n${name}\n`);
const tuple = (items: readonly Buffer[]): Buffer => Buffer.concat([utf8('('), ...items, utf8('t')]);
export const called = (what: Buffer, args: readonly Buffer[]): Buffer =>
  Buffer.concat([what, tuple(args), utf8('R')]);
const orderedDict = called(named('collections', 'OrderedDict'), []);

export interface TensorPlace {
  shape: readonly number[];
  strides: readonly number[];
  offset: number;
}

const strides = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));

function tensor(
  key: number,
  count: number,
  { shape, strides: steps, offset }: TensorPlace,
): Buffer {
  const storage = tuple([
    text('storage'),
    named('torch', 'FloatStorage'),
    text(String(key)),
    text('cpu'),
    integer(count),
  ]);
  return called(named('torch._utils', '_rebuild_tensor_v2'), [
    Buffer.concat([storage, utf8('Q')]),
    integer(offset),
    tuple(shape.map(integer)),
    tuple(steps.map(integer)),
    Buffer.from([0x89]),
    orderedDict,
  ]);
}

/** @param place how a tensor lies in its numbers, where that is not the usual way */
export function torchPickle(
  tensors: readonly (readonly [string, FloatTensor])[],
  place: (name: string, usual: TensorPlace) => TensorPlace = (_name, usual) => usual,
): Buffer {
  const entries = tensors.flatMap(([name, { shape, data }], key) => [
    text(name),
    tensor(key, data.length, place(name, { shape, strides: strides(shape), offset: 0 })),
  ]);
  const proto = Buffer.from([0x80, 2]);
  return Buffer.concat([proto, orderedDict, utf8('('), ...entries, utf8('u.')]);
}

export function torchFile(
  tensors: readonly (readonly [string, FloatTensor])[],
  pickle = torchPickle(tensors),
): Buffer {
  const numbers = tensors.map(
    ([, { data }], key) =>
      [
        `archive/data/${key}`,
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      ] as const,
  );
  const files = { 'archive/data.pkl': pickle, ...Object.fromEntries(numbers) };
  return Buffer.from(zipSync({ ...files, 'archive/version': utf8('3\n') }, { level: 0 }));
}
