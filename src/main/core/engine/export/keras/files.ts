/** The files: `.keras` of Keras 3, `.h5` as Keras 2 wrote it, and TensorFlow.js' `model.json`. */
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import { openHdf5, writeHdf5, type Attributes, type Hdf5Reader } from '../../files/hdf5.ts';
import { unzipFiles, zipFiles } from '../../files/zip.ts';
import type { Contents, Converter, ModelSource } from '../converter.ts';
import { keras2Config, keras3Config } from './config.ts';
import type { KerasModel } from './graph.ts';
import { kerasModel } from './model.ts';
import { weightFolders } from './order.ts';

/** Versions whose configs these are. */
const KERAS_3 = '3.0.0';
const KERAS_2 = '2.15.0';
const WEIGHTS = 'model.weights.h5';
const SHARD_BYTES = 4 * 1024 * 1024;

const utf8 = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

function about({ classNames, metadata }: ModelSource) {
  return { classes: classNames, ...metadata };
}

/** Arrays by where they lie in `model.weights.h5`. */
function keras3Arrays({ layers }: KerasModel): Map<string, FloatTensor> {
  const folders = weightFolders(layers);
  return new Map(
    layers.flatMap(({ name, weights }) =>
      weights.map((weight, index) => [`${folders.get(name) ?? name}/${index}`, weight] as const),
    ),
  );
}

/** `model.weights.h5`: also what `load_weights` takes. */
export async function kerasWeightsFile(model: KerasModel): Promise<Uint8Array> {
  const groups = [...weightFolders(model.layers)].map(([name, folder]): [string, Attributes] => [
    folder,
    { name },
  ]);
  return await writeHdf5([...groups, ['vars', { name: model.name }]], keras3Arrays(model));
}

export async function kerasArchive(model: KerasModel, source: ModelSource): Promise<Uint8Array> {
  const created = new Date(source.metadata['created'] ?? Date.UTC(2020));
  const saved = created.toISOString().slice(0, 19).replace('T', '@');
  const files = {
    'metadata.json': utf8({ keras_version: KERAS_3, date_saved: saved, ...about(source) }),
    'config.json': utf8(keras3Config(model)),
    [WEIGHTS]: await kerasWeightsFile(model),
  };
  return zipFiles(files, created);
}

export const toKeras: Converter = async (source) => ({
  [`${source.name}.keras`]: [await kerasArchive(kerasModel(source, 'keras'), source)],
});

/** Arrays by where they lie in an `.h5` file. */
function keras2Arrays({ layers }: KerasModel): Map<string, FloatTensor> {
  return new Map(
    layers.flatMap(({ name, weights }) =>
      weights.map((weight) => [`model_weights/${name}/${name}/${weight.name}`, weight] as const),
    ),
  );
}

export const toKerasH5: Converter = async (source) => {
  const model = kerasModel(source, 'keras');
  const layers = model.layers.map(({ name, weights }): [string, Attributes] => [
    `model_weights/${name}`,
    { weight_names: weights.map((weight) => `${name}/${weight.name}`) },
  ]);
  const versions = { backend: 'tensorflow', keras_version: KERAS_2 };
  const groups: [string, Attributes][] = [
    [
      '',
      {
        ...versions,
        model_config: JSON.stringify(keras2Config(model)),
        fovea: JSON.stringify(about(source)),
      },
    ],
    ['model_weights', { ...versions, layer_names: model.layers.map(({ name }) => name) }],
    ...layers,
    ['model_weights/top_level_model_weights', { weight_names: [] }],
  ];
  return { [`${source.name}.h5`]: [await writeHdf5(groups, keras2Arrays(model))] };
};

/** Weights as the manifest lists them. */
function tfjsArrays({ layers }: KerasModel): Map<string, FloatTensor> {
  return new Map(
    layers.flatMap(({ name, weights }) =>
      weights.map((weight) => [`${name}/${weight.name}`, weight] as const),
    ),
  );
}

export const toTfjs: Converter = (source) => {
  const model = kerasModel(source, 'tfjs');
  const arrays = [...tfjsArrays(model)];
  const bytes = Buffer.concat(
    arrays.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
  const count = Math.max(1, Math.ceil(bytes.length / SHARD_BYTES));
  const shards = Array.from({ length: count }, (_, index) => ({
    name: `group1-shard${index + 1}of${count}.bin`,
    bytes: bytes.subarray(index * SHARD_BYTES, (index + 1) * SHARD_BYTES),
  }));
  const text = {
    format: 'layers-model',
    generatedBy: source.metadata['producer'] ?? 'Fovea',
    convertedBy: null,
    modelTopology: {
      keras_version: KERAS_2,
      backend: 'tensor_flow.js',
      model_config: keras2Config(model),
    },
    weightsManifest: [
      {
        paths: shards.map(({ name }) => name),
        weights: arrays.map(([name, { shape }]) => ({ name, shape, dtype: 'float32' })),
      },
    ],
    userDefinedMetadata: about(source),
  };
  const files = Object.fromEntries(shards.map((shard) => [shard.name, [shard.bytes]] as const));
  return { 'model.json': [utf8(text)], ...files };
};

function read(file: Hdf5Reader, arrays: ReadonlyMap<string, FloatTensor>) {
  const found = new Map<string, FloatTensor>();
  for (const [path, { shape }] of arrays) {
    if (file.shape(path)?.join() !== shape.join()) continue;
    found.set(path, { shape, data: file.floats(path, shape) });
  }
  file.close();
  return found;
}

/** Of the `.keras` file of this name that a model was written to. */
function archiveContents(
  nameOf: (source: ModelSource) => string,
  modelOf: (source: ModelSource) => KerasModel,
): Contents {
  const expected = (source: ModelSource) => keras3Arrays(modelOf(source));
  return {
    expected,
    async found(source, file) {
      const name = nameOf(source);
      const weights = unzipFiles(await file(name), [WEIGHTS], name).get(WEIGHTS);
      return read(await openHdf5(weights ?? new Uint8Array(), name), expected(source));
    },
  };
}

export const kerasContents = archiveContents(
  ({ name }) => `${name}.keras`,
  (source) => kerasModel(source, 'keras'),
);

const START = 'model.keras';
const logitsModel = (source: ModelSource) => kerasModel(source, 'keras', 'logits');

/** Where a training goes on: the model up to its logits. */
export const toKerasProject: Converter = async (source) => ({
  [START]: [await kerasArchive(logitsModel(source), source)],
});

export const kerasProjectContents = archiveContents(() => START, logitsModel);

export const kerasH5Contents: Contents = {
  expected: (source) => keras2Arrays(kerasModel(source, 'keras')),
  async found(source, file) {
    const name = `${source.name}.h5`;
    return read(await openHdf5(await file(name), name), this.expected(source));
  },
};

export const tfjsContents: Contents = {
  expected: (source) => tfjsArrays(kerasModel(source, 'tfjs')),
  async found(_source, file) {
    const text = JSON.parse(Buffer.from(await file('model.json')).toString('utf8')) as TfjsFile;
    const found = new Map<string, FloatTensor>();
    for (const { paths, weights } of text.weightsManifest) {
      const bytes = Buffer.concat(await Promise.all(paths.map(file)));
      let at = 0;
      for (const { name, shape } of weights) {
        const count = shape.reduce((product, size) => product * size, 1);
        const data = new Float32Array(Uint8Array.from(bytes.subarray(at, at + count * 4)).buffer);
        found.set(name, { shape, data });
        at += count * 4;
      }
    }
    return found;
  },
};

interface TfjsFile {
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[];
}
