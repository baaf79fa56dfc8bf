import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelSpec } from '#shared/model-spec.ts';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { exportModel, readExported } from '#core/engine/export/index.ts';
import { operationOrder, snakeCase, weightFolders } from '#core/engine/export/keras/order.ts';
import { KerasBuilder } from '#core/engine/export/keras/graph.ts';
import { InferenceService } from '#core/engine/inference.ts';
import { initialValues } from '#core/engine/programs/parameters.ts';
import type { ExportJob } from '#core/engine/protocol.ts';
import { squares } from '../../helpers/idx.ts';
import { saveModel } from '../../helpers/saved-model.ts';
import { models } from '../../interop/models.ts';

const service = new InferenceService(createBackend(chooseBackend('cpu', 1), 1));
const IMAGES = 4;
const folders: string[] = [];

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Fresh weights, but none of them zero or one. */
async function save(spec: ModelSpec, classes: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-keras-'));
  folders.push(folder);
  await saveModel(folder, spec, classes, (layout) => ({
    trainable: initialValues(layout.trainable, 3).map((x, at) => x + 0.01 * Math.sin(at)),
    statistics: initialValues(layout.statistics, 3).map((x, at) => x + 0.2 * Math.sin(at) ** 2),
  }));
  return folder;
}

function job(runDir: string, classes: number, format: ExportJob['format']): ExportJob {
  const classNames = Array.from({ length: classes }, (_, index) => `class ${index}`);
  const directory = join(runDir, format);
  return { format, runDir, checkpoint: 'best', directory, name: 'm', classNames, metadata: {} };
}

async function appAnswers(runDir: string, data: Uint8Array): Promise<Float32Array> {
  const set = {
    height: 28,
    width: 28,
    channels: 1,
    source: { kind: 'inline', data },
    slots: Uint32Array.from({ length: IMAGES }, (_, index) => index),
    labels: new Int32Array(IMAGES).fill(-1),
  } as const;
  return (await service.predict({ runDir, checkpoint: 'best', set }, {})).data;
}

async function tfjsAnswers(directory: string, pixels: Uint8Array): Promise<Float32Array> {
  const json = JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8')) as {
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  };
  const [group] = json.weightsManifest;
  const bytes = Buffer.concat(group!.paths.map((path) => readFileSync(join(directory, path))));
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: json.modelTopology,
      weightSpecs: group!.weights,
      weightData: Uint8Array.from(bytes).buffer,
    }),
  );
  const images = tf.tensor4d(Float32Array.from(pixels), [IMAGES, 28, 28, 1]);
  return (await (model.predict(images) as tf.Tensor).data()) as Float32Array;
}

describe.each(Object.values(models))(
  'the Keras model of $spec.name',
  ({ spec, classes, views }) => {
    let runDir: string;
    beforeAll(async () => {
      runDir = await save(spec, classes);
      if (views) {
        const file = join(runDir, 'model.json');
        const text = JSON.parse(readFileSync(file, 'utf8')) as object;
        writeFileSync(file, JSON.stringify({ ...text, views }));
      }
    });

    it.each(['keras', 'h5', 'tfjs'] as const)(
      'is found again whole in %s files',
      async (format) => {
        const { files } = await exportModel(job(runDir, classes, format));
        for (const file of files) expect(existsSync(join(runDir, format, file))).toBe(true);
        const check = await readExported(job(runDir, classes, format));
        expect(check.maxDifference).toBe(0);
        expect(check.tensors).toBeGreaterThan(3);
      },
    );

    it('answers in TensorFlow.js as in the app', async () => {
      const data = squares(IMAGES, 4, 9);
      const app = await appAnswers(runDir, data);
      const theirs = await tfjsAnswers(join(runDir, 'tfjs'), data);
      expect(theirs).toHaveLength(app.length);
      app.forEach((value, at) => expect(Math.abs(theirs[at]! - value)).toBeLessThan(1e-6));
    });
  },
);

describe('order of layers', () => {
  it('makes names of classes as Keras does', () => {
    const names = ['Conv2DTranspose', 'LeakyReLU', 'GlobalAveragePooling2D', 'BatchNormalization'];
    expect(names.map(snakeCase)).toEqual([
      'conv2d_transpose',
      'leaky_re_lu',
      'global_average_pooling2d',
      'batch_normalization',
    ]);
  });

  // Written by Keras 3.15: in its file the 1×1 convolution is conv2d, the other one conv2d_1.
  it('goes by depth, then by a walk from the output, and names weights by it', () => {
    const b = new KerasBuilder('keras');
    const shape = [8, 8, 4];
    const x = b.input('image', [8, 8, 3]);
    const layer = (name: string, className: string, ...inputs: ReturnType<typeof b.add>[]) =>
      b.add({ name, className, inputs, output: shape });
    const wide = layer('wide', 'Conv2D', x);
    const normal = layer('norm', 'BatchNormalization', layer('narrow', 'Conv2D', x));
    const { layers } = b.finish('m', x, layer('add', 'Add', wide, normal));
    expect(layers.map(({ name }) => name)).toEqual(['image', 'narrow', 'wide', 'norm', 'add']);
    expect(weightFolders(layers).get('wide')).toBe('layers/conv2d_1/vars');
  });

  it('keeps names apart that Keras would not take', () => {
    const b = new KerasBuilder('keras');
    const x = b.input('image', [4]);
    const add = (name: string) => b.add({ name, className: 'ReLU', inputs: [x], output: [4] });
    expect(['a/b', 'a_b', '_c'].map((name) => add(name).layer)).toEqual([
      'a_b',
      'a_b_1',
      'layer_c',
    ]);
    expect(operationOrder([], x)).toEqual([]);
  });
});

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));
