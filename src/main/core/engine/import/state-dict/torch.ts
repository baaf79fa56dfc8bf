/** What torch.save writes since PyTorch 1.6: a zip archive of a pickle and the numbers that it names. */
import { unzipFiles } from '../../files/zip.ts';
import { isTensor, readPickle, type Pickled } from './pickle.ts';
import { numberTypes, stored, unreadable, type StateDict, type StoredTensor } from './tensors.ts';

/** A zip archive whose first file is the pickle, in a folder. */
export function looksLikeTorch(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024));
  return start.subarray(0, 2).toString() === 'PK' && start.includes('/data.pkl');
}

const LARGEST_PICKLE = 2 ** 26;
const WANTED = /^[^/]+\/(data\.pkl|byteorder|data\/\d+)$/;
/** Where programs keep the state dict among other things. */
const WITHIN = ['state_dict', 'model_state_dict', 'model'];

/** @throws AppError SOURCE_UNREADABLE */
export function readTorch(bytes: Uint8Array, subject: string): StateDict {
  const files = new Map(
    [...unzipFiles(bytes, (name) => WANTED.test(name), subject)].map(([name, content]) => [
      name.slice(name.indexOf('/') + 1),
      content,
    ]),
  );
  const pickle = files.get('data.pkl');
  if (!pickle) throw unreadable(subject, 'it is no file of torch.save');
  const order = files.get('byteorder');
  if (order && Buffer.from(order).toString() !== 'little') {
    throw unreadable(subject, 'it was saved on a machine with another order of bytes');
  }
  try {
    if (pickle.byteLength > LARGEST_PICKLE) throw new RangeError('it is too large');
    return { tensors: tensorsIn(readPickle(pickle), files), metadata: {} };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw unreadable(subject, cause.message, cause);
  }
}

function tensorsIn(
  saved: Pickled,
  files: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, StoredTensor> {
  const inside = saved instanceof Map ? WITHIN.map((key) => saved.get(key)) : [];
  const dict = inside.find((each) => each instanceof Map) ?? saved;
  if (!(dict instanceof Map)) throw new RangeError('there is no state dict in it');
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of dict) {
    if (typeof name !== 'string' || !isTensor(value)) continue;
    const { storage, ...view } = value;
    const type = numberTypes[storage.type];
    const numbers = files.get(`data/${storage.key}`);
    if (!type) throw new RangeError(`${name} holds numbers of the type ${storage.type}`);
    if (!numbers) throw new RangeError(`the numbers of ${name} are not in it`);
    tensors.set(name, stored(numbers, { type, ...view }));
  }
  return tensors;
}
