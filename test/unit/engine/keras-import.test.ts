import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#shared/errors.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import { exportModel } from '#core/engine/export/index.ts';
import { writeHdf5 } from '#core/engine/files/hdf5.ts';
import { zipFiles } from '#core/engine/files/zip.ts';
import { importModel } from '#core/engine/import/model.ts';
import { initialValues } from '#core/engine/programs/parameters.ts';
import type { ImportModelJob } from '#core/engine/protocol.ts';
import { Random } from '#core/engine/random.ts';
import { saveModel } from '../../helpers/saved-model.ts';
import { models } from '../../interop/models.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-import-'));
afterAll(() => rmSync(folder, { recursive: true }));
let counter = 0;

async function read(file: string, changes: Partial<ImportModelJob> = {}) {
  const runDir = join(folder, `run-${counter++}`);
  const job = {
    file,
    runDir,
    classNames: null,
    otherwise: ['a', 'b'],
    pixels: null,
    spec: null,
    ...changes,
  };
  return { runDir, imported: await importModel(job) };
}

/** Exports fresh weights and answers the folders of the run and of the files. */
async function exported(spec: ModelSpec, classes: number, formats: ('keras' | 'h5' | 'tfjs')[]) {
  const runDir = join(folder, `from-${counter++}`);
  await saveModel(runDir, spec, classes, (layout) => ({
    trainable: initialValues(layout.trainable, 3).map((x, at) => x + 0.01 * Math.sin(at)),
    statistics: initialValues(layout.statistics, 3).map((x, at) => x + 0.2 * Math.sin(at) ** 2),
  }));
  const classNames = Array.from({ length: classes }, (_, index) => `class ${index}`);
  const directory = join(runDir, 'out');
  const job = { runDir, checkpoint: 'best' as const, directory, name: 'm', classNames };
  for (const format of formats) await exportModel({ ...job, format, metadata: {} });
  return { runDir, directory };
}

/** Numbers of all weights, whatever the layers are called. */
async function numbersOf(runDir: string): Promise<Buffer> {
  const { parameters } = await loadRun(runDir, 'best');
  const all = [...parameters.values()].flatMap(({ data }) => [...data]);
  return Buffer.from(Float32Array.from(all).sort().buffer);
}

describe('models that Fovea exported', () => {
  const { ensemble, ...others } = models;
  const alone = { ...ensemble, views: null };

  it.each([...Object.values(others), alone])('$spec.name comes back as it was', async (one) => {
    const { spec, classes } = one;
    const { runDir, directory } = await exported(spec, classes, ['keras', 'h5']);
    const numbers = await numbersOf(runDir);
    for (const name of ['m.keras', 'm.h5']) {
      const { runDir: back, imported } = await read(join(directory, name));
      expect(imported.classNames).toEqual(
        Array.from({ length: classes }, (_, at) => `class ${at}`),
      );
      expect(imported.spec.loss).toBe(spec.loss);
      expect(imported.spec.members).toBe(spec.members);
      expect((await numbersOf(back)).equals(numbers)).toBe(true);
    }
  });

  it('reads model.json with its shards', async () => {
    const { spec, classes } = models['fashion-small'];
    const { runDir, directory } = await exported(spec, classes, ['tfjs']);
    const { runDir: back } = await read(join(directory, 'model.json'));
    expect((await numbersOf(back)).equals(await numbersOf(runDir))).toBe(true);
  });
});

/** An `.h5` file as Keras 2 wrote it. */
async function h5(
  layers: { class_name: string; config: Record<string, unknown> }[],
  weights: Record<string, [string, number[]][]>,
): Promise<string> {
  const file = join(folder, `${counter++}.h5`);
  const config = { class_name: 'Sequential', config: { name: 'seq', layers } };
  const arrays = Object.entries(weights).flatMap(([layer, each]) =>
    each.map(([name, shape]) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      const data = Float32Array.from({ length: size }, (_, at) => at);
      return [`model_weights/${layer}/${layer}/${name}`, { shape, data }] as const;
    }),
  );
  const groups = Object.entries(weights).map(
    ([layer, each]) =>
      [
        `model_weights/${layer}`,
        { weight_names: each.map(([name]) => `${layer}/${name}`) },
      ] as const,
  );
  const about = ['', { keras_version: '2.4.0', model_config: JSON.stringify(config) }] as const;
  writeFileSync(file, await writeHdf5([about, ...groups], arrays));
  return file;
}

const image = (...shape: number[]) => ({ batch_input_shape: [null, ...shape] });
const dense = (units: number, activation = 'softmax') => ({
  class_name: 'Dense',
  config: { name: 'out', units, activation },
});
const outOf = (inputs: number, units: number): [string, number[]][] => [
  ['kernel:0', [inputs, units]],
  ['bias:0', [units]],
];

describe('models of Keras 2', () => {
  it('puts rows behind a flattened image into the order of channels', async () => {
    const layers = [
      { class_name: 'Flatten', config: { name: 'flat', ...image(2, 1, 3) } },
      dense(2),
    ];
    const { runDir } = await read(await h5(layers, { out: outOf(6, 2) }));
    const { parameters } = await loadRun(runDir, 'best');
    // Pixels (y, c) were rows 0 to 5; by channel they are (c, y).
    expect([...parameters.get('out/kernel')!.data]).toEqual([0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]);
  });

  const flat = (config = {}) => ({ class_name: 'Flatten', config: { name: 'flat', ...config } });

  async function specOf(first: Record<string, unknown>, pixels: '0-1' | '0-255' | null = null) {
    const rescaling = {
      class_name: 'Rescaling',
      config: { name: 'r', ...image(2, 2, 1), ...first },
    };
    const start = 'scale' in first ? [rescaling, flat()] : [flat(image(2, 2, 1))];
    const file = await h5([...start, dense(2)], { out: outOf(4, 2) });
    return (await read(file, { pixels })).imported.spec.layers;
  }

  it('brings pixels into the range that the model takes', async () => {
    expect((await specOf({ scale: 1 / 255 })).map(({ type }) => type)).toEqual([
      'flatten',
      'dense',
    ]);
    expect(await specOf({ scale: 1 / 127.5, offset: -1 })).toMatchObject([
      { type: 'rescaling', scale: 2, offset: -1 },
      { type: 'flatten' },
      { type: 'dense', units: 'classes' },
    ]);
    expect(await specOf({})).toMatchObject([{ type: 'flatten' }, { type: 'dense' }]);
    expect(await specOf({}, '0-255')).toMatchObject([{ type: 'rescaling', scale: 255 }, {}, {}]);
  });

  const refused: [string, Record<string, unknown>, RegExp][] = [
    ['LSTM', {}, /the layer odd \(LSTM\) is not supported/],
    ['Lambda', {}, /the layer odd \(Lambda\) is not supported/],
    ['Activation', { activation: 'selu' }, /odd .* has the activation "selu"/],
    ['Activation', { activation: 'hard_sigmoid' }, /odd .* has the activation "hard_sigmoid"/],
    ['MaxPooling2D', { data_format: 'channels_first' }, /"channels_first" as data_format/],
    ['__proto__', {}, /is not supported/],
  ];
  it.each(refused)(
    'names a layer of class %s that it cannot take',
    async (className, config, why) => {
      const odd = { class_name: className, config: { name: 'odd', ...image(4, 4, 1), ...config } };
      await expect(read(await h5([odd, flat(), dense(2)], {}))).rejects.toThrow(why);
    },
  );

  it('refuses weights of another shape or number, and numbers that are none', async () => {
    const layers = [flat(image(2, 2, 1)), dense(2)];
    await expect(read(await h5(layers, { out: outOf(5, 2) }))).rejects.toThrow(
      /weights of 5×2, and 4×2/,
    );
    await expect(read(await h5(layers, {}))).rejects.toThrow(/has 0 arrays of weights, and 2/);
    await expect(
      read(await h5([flat(image(2, 2, 1)), dense(3)], { out: outOf(4, 3) })),
    ).rejects.toThrow(/must give one output for each of the 2 classes; it gives 3/);
  });
});

describe('hostile files', () => {
  let keras: Buffer;
  let h5File: Buffer;
  let json: Buffer;
  beforeAll(async () => {
    const { spec, classes } = models['one sigmoid'];
    const { directory } = await exported(spec, classes, ['keras', 'h5', 'tfjs']);
    [keras, h5File, json] = ['m.keras', 'm.h5', 'model.json'].map((name) =>
      readFileSync(join(directory, name)),
    ) as [Buffer, Buffer, Buffer];
  });

  async function failure(name: string, bytes: Uint8Array): Promise<unknown> {
    const at = mkdtempSync(join(folder, 'hostile-'));
    mkdirSync(join(at, 'inside'));
    const file = join(at, 'inside', name);
    writeFileSync(file, bytes);
    const error: unknown = await read(file).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(readdirSync(at)).toEqual(['inside']);
    return error;
  }

  it('gives one clear error for a file that ends early, or is another one', async () => {
    for (const whole of [keras, h5File, json]) {
      for (const share of [0, 0.01, 0.3, 0.7]) {
        const cut = whole.subarray(0, Math.floor(whole.length * share));
        expect(await failure('cut', cut)).toBeInstanceOf(AppError);
      }
    }
    expect(await failure('a.txt', Buffer.from('hello'))).toMatchObject({
      code: 'SOURCE_UNREADABLE',
    });
  });

  it('stands bytes that were changed at random', async () => {
    const random = new Random(7, 'fuzz');
    for (const whole of [keras, h5File, json]) {
      for (let trial = 0; trial < 25; trial++) {
        const bytes = Buffer.from(whole);
        // Most of a file are weights: the beginning and the end have the structure.
        for (let change = 0; change < 8; change++) {
          const near = random.below(Math.min(3000, bytes.length));
          bytes[random.below(2) === 0 ? near : bytes.length - 1 - near] = random.below(256);
        }
        const error = await failure('fuzzed', bytes);
        if (error !== null) expect(error).toBeInstanceOf(AppError);
      }
    }
  });

  it('refuses a zip bomb before it is unpacked', async () => {
    const { zipSync } = await import('fflate');
    const bomb = zipSync({ 'config.json': new Uint8Array(20_000_000) }, { level: 1 });
    expect(await failure('m.keras', bomb)).toMatchObject({ message: /too large/ });
    const empty = zipFiles({ '../../outside': new Uint8Array(4) }, new Date());
    expect(await failure('m.keras', empty)).toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });

  it('reads shards beside the file and nowhere else', async () => {
    const text = JSON.parse(json.toString()) as { weightsManifest: { paths: string[] }[] };
    for (const path of ['../x.bin', '/etc/passwd', 'https://example.org/x', '..\\x']) {
      text.weightsManifest[0]!.paths = [path];
      const error = await failure('model.json', Buffer.from(JSON.stringify(text)));
      expect(error).toMatchObject({ code: 'MODEL_INVALID', message: /weights are said to lie/ });
    }
  });

  it('does not believe in layers or arrays that are too large', async () => {
    const at = [
      { class_name: 'Flatten', config: { name: 'f', ...image(4096, 4096, 3) } },
      dense(2),
    ];
    await expect(read(await h5(at, { out: outOf(4, 2) }))).rejects.toThrow(/weights of 4×2/);
    const wide = [
      {
        class_name: 'Conv2D',
        config: { name: 'c', filters: 1e9, kernel_size: [3, 3], ...image(9, 9, 3) },
      },
    ];
    await expect(read(await h5(wide, {}))).rejects.toBeInstanceOf(AppError);
  });
});
