/** Model files that something happened to. */
import fc from 'fast-check';
import { AppError } from '#shared/errors.ts';
import { readOnnx } from '#core/engine/import/onnx.ts';
import { foreignFile, smallModel } from './foreign.ts';

interface Change {
  kind: 'set' | 'drop' | 'repeat' | 'insert' | 'end';
  place: number;
  bytes: Uint8Array;
}

/** Bytes overwritten, cut out, doubled, put in, cut off. */
const changeOf = (length: number): fc.Arbitrary<Change> =>
  fc.record({
    kind: fc.constantFrom('set', 'drop', 'repeat', 'insert', 'end'),
    place: fc.nat(length - 1),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  });

function changed(file: Uint8Array, { kind, place, bytes }: Change) {
  const [before, after] = [file.subarray(0, place), file.subarray(place)];
  switch (kind) {
    case 'set':
      return Buffer.concat([before, bytes, after.subarray(bytes.length)]);
    case 'drop':
      return Buffer.concat([before, after.subarray(bytes.length)]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, bytes.length * 8), after]);
    case 'insert':
      return Buffer.concat([before, bytes, after]);
    default:
      return before;
  }
}

/** The file with a few of these, or nothing but noise. */
export const spoiledOf = (whole: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .array(changeOf(whole.length), { minLength: 1, maxLength: 4 })
        .map((all) => all.reduce<Uint8Array>(changed, whole)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  );

/** A small model. */
export const spoiled = spoiledOf(foreignFile(smallModel));

/** Reads it, or says in one sentence why not. Any other error is a bug. */
export function readOrExplain(file: Uint8Array): void {
  try {
    readOnnx(file, 'model.onnx');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const known = error.code === 'SOURCE_UNREADABLE' || error.code === 'MODEL_INVALID';
    if (!known || !error.message.startsWith('model.onnx can')) throw error;
  }
}
