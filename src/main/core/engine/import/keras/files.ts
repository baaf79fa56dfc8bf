/** `.keras`, `.h5` and TensorFlow.js files as foreign models. */
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { elements } from '../../graph/shape.ts';
import { weightFolders } from '../../export/keras/order.ts';
import { openHdf5, type Hdf5Reader } from '../../files/hdf5.ts';
import { unzipFiles } from '../../files/zip.ts';
import { LARGEST_FILE, readWhole } from '../read-whole.ts';
import {
  damaged,
  readConfig,
  unsupported,
  type ForeignFile,
  type ForeignLayer,
  type ForeignWeight,
} from './foreign.ts';

const LARGEST_JSON = 2 ** 26;
const classNames = z.array(z.string()).min(2).max(10_000);

/**
 * Opens a file by what it begins with.
 * @throws AppError NOT_FOUND, SOURCE_UNREADABLE, MODEL_INVALID
 */
export async function openForeign(path: string, bytes: Uint8Array): Promise<ForeignFile> {
  const subject = basename(path);
  const begins = (...start: number[]) => start.every((byte, index) => bytes[index] === byte);
  if (begins(0x50, 0x4b)) return await openKeras(bytes, subject);
  if (begins(0x89, 0x48, 0x44, 0x46)) return await openH5(bytes, subject);
  return await openTfjs(bytes, path);
}

function parse(bytes: Uint8Array | undefined, subject: string): unknown {
  if (!bytes || bytes.byteLength > LARGEST_JSON) throw damaged(subject);
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw damaged(subject, cause);
  }
}

function classesIn(value: unknown): string[] | null {
  const parsed = z.object({ classes: classNames }).safeParse(value);
  return parsed.success ? parsed.data.classes : null;
}

function arrayAt(file: Hdf5Reader, path: string, subject: string): ForeignWeight {
  const shape = file.shape(path);
  if (!shape) throw damaged(subject);
  return { shape, read: () => file.floats(path, shape) };
}

async function openKeras(bytes: Uint8Array, subject: string): Promise<ForeignFile> {
  const weightsName = 'model.weights.h5';
  const names = ['config.json', 'metadata.json', weightsName];
  const files = unzipFiles(bytes, names, subject);
  const model = readConfig(parse(files.get('config.json'), subject), subject, true);
  const metadata = files.has('metadata.json') ? parse(files.get('metadata.json'), subject) : null;
  const weights = files.get(weightsName);
  if (!weights) throw damaged(subject);
  const file = await openHdf5(weights, subject);
  const layers = [...model.layers.values()];
  // Where Keras wrote the layer's name beside its weights, it decides; else the order of layers.
  const folders = weightFolders(layers);
  for (const root of ['layers', '_layer_checkpoint_dependencies']) {
    for (const folder of file.names(root)) {
      const name = file.text(`${root}/${folder}/vars`, 'name');
      if (name !== null) folders.set(name.slice(0, 100), `${root}/${folder}/vars`);
    }
  }
  return {
    model,
    classes: classesIn(metadata),
    weights({ name }) {
      const folder = folders.get(name) ?? '';
      const count = file.names(folder).filter((each) => /^\d+$/.test(each)).length;
      return Array.from({ length: count }, (_, index) =>
        arrayAt(file, `${folder}/${index}`, subject),
      );
    },
    close: () => file.close(),
  };
}

async function openH5(bytes: Uint8Array, subject: string): Promise<ForeignFile> {
  const file = await openHdf5(bytes, subject);
  try {
    const config = file.text('', 'model_config');
    if (config === null) {
      throw unsupported(subject, 'it holds weights without the model that they are for.');
    }
    const version = file.text('', 'keras_version') ?? '';
    const about = file.text('', 'fovea');
    // Our own files say that Keras 2 can read their config; their activations are Keras 3's.
    const keras3 = version.startsWith('3') || about !== null;
    const model = readConfig(parse(Buffer.from(config), subject), subject, keras3);
    return {
      model,
      classes: about === null ? null : classesIn(parse(Buffer.from(about), subject)),
      weights({ name }) {
        const folder = `model_weights/${name}`;
        return (file.texts(folder, 'weight_names') ?? []).map((weight) =>
          arrayAt(file, `${folder}/${weight}`, subject),
        );
      },
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

const tfjsJson = z.object({
  modelTopology: z.looseObject({}),
  weightsManifest: z
    .array(
      z.object({
        paths: z.array(z.string()).max(10_000),
        weights: z.array(
          z.object({
            name: z.string(),
            shape: z
              .array(
                z
                  .number()
                  .int()
                  .min(0)
                  .max(2 ** 31),
              )
              .max(8),
            dtype: z.string(),
            quantization: z.unknown().optional(),
          }),
        ),
      }),
    )
    .max(1000),
  userDefinedMetadata: z.unknown().optional(),
});

async function openTfjs(bytes: Uint8Array, path: string): Promise<ForeignFile> {
  const subject = basename(path);
  const parsed = tfjsJson.safeParse(parse(bytes, subject));
  if (!parsed.success) throw damaged(subject, parsed.error);
  const { modelTopology, weightsManifest, userDefinedMetadata } = parsed.data;
  const model = readConfig(modelTopology['model_config'] ?? modelTopology, subject, false);
  const weights = new Map<string, ForeignWeight[]>();
  let left = LARGEST_FILE;
  for (const group of weightsManifest) {
    const shards: Buffer[] = [];
    for (const name of group.paths) {
      // Beside the file and nowhere else.
      if (name !== basename(name) || name.startsWith('.') || name.includes('\\')) {
        throw unsupported(subject, `its weights are said to lie at ${JSON.stringify(name)}.`);
      }
      const shard = await readWhole(join(dirname(path), name), left);
      left -= shard.byteLength;
      shards.push(shard);
    }
    const all = Buffer.concat(shards);
    let at = 0;
    for (const { name, shape, dtype, quantization } of group.weights) {
      if (dtype !== 'float32' || quantization !== undefined) {
        throw unsupported(subject, `the weights ${name} are not float32.`);
      }
      const from = at;
      at += elements(shape) * 4;
      if (at > all.byteLength) throw damaged(subject);
      const to = at;
      const read = () => new Float32Array(Uint8Array.from(all.subarray(from, to)).buffer);
      const layer = name.slice(0, name.lastIndexOf('/'));
      weights.set(layer, [...(weights.get(layer) ?? []), { shape, read }]);
    }
  }
  return {
    model,
    classes: classesIn(userDefinedMetadata),
    weights: ({ name }: ForeignLayer) => weights.get(name) ?? [],
    close: () => undefined,
  };
}
