import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LayerSpec } from '#shared/model-spec.ts';
import { createBackend, createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { exportModel } from '#core/engine/export/index.ts';
import { InferenceService } from '#core/engine/inference.ts';
import { runFiles, type TrainEvent, type TrainJob } from '#core/engine/protocol.ts';
import { train } from '#core/engine/training/trainer.ts';
import { bars, temporaryFolder, tinyJob, tinySpec } from './helpers.ts';

const backend = await createTrainingBackend(chooseBackend('cpu', 1), 1);

async function run(job: TrainJob, stopAfter = Infinity, abortAfterBatches = Infinity) {
  const events: TrainEvent[] = [];
  const abort = new AbortController();
  let batches = 0;
  const result = await train(job, backend, {
    emit(event) {
      events.push(event);
      if (event.type === 'batch' && ++batches >= abortAfterBatches) abort.abort();
    },
    signal: abort.signal,
    stopRequested: () => events.filter(({ type }) => type === 'epoch').length >= stopAfter,
  });
  const epochs = events.filter((event) => event.type === 'epoch');
  return { result, events, epochs };
}

/** What must repeat: everything but the clock. */
function numbers(
  epochs: {
    metrics: { loss: number; accuracy: number; valLoss: number | null; valAccuracy: number | null };
  }[],
) {
  return epochs.map(({ metrics: { loss, accuracy, valLoss, valAccuracy } }) => [
    loss,
    accuracy,
    valLoss,
    valAccuracy,
  ]);
}

describe('train', () => {
  it('learns, and the same seed gives the same numbers to the bit', async () => {
    const first = await temporaryFolder();
    const second = await temporaryFolder();
    const one = await run(tinyJob(first));
    const two = await run(tinyJob(second));
    expect(one.epochs.at(-1)?.metrics.valAccuracy).toBeGreaterThan(0.95);
    expect(numbers(one.epochs)).toEqual(numbers(two.epochs));
    const weights = (folder: string) => readFile(join(folder, runFiles.checkpoint('last')));
    const tensors = async (folder: string) => [
      ...decodeSafetensors(await weights(folder), '').tensors,
    ];
    expect(await tensors(first)).toEqual(await tensors(second));

    const other = await run(tinyJob(await temporaryFolder(), { seed: 5 }));
    expect(numbers(other.epochs)).not.toEqual(numbers(one.epochs));
  });

  it('counts every image once when the last batch is smaller', async () => {
    // 300 = 18 × 16 + 12; a learning rate of almost nothing keeps the weights where they are.
    const job = tinyJob(await temporaryFolder(), {
      epochs: 1,
      learningRate: 1e-12,
      validation: bars(300, 1),
    });
    const { epochs } = await run(job);
    const metrics = epochs[0]!.metrics;
    expect(metrics.loss).toBeCloseTo(metrics.valLoss!, 5);
    expect(metrics.accuracy).toBeCloseTo(metrics.valAccuracy!, 9);
  });

  it('leaves frozen layers as they are, moving averages too', async () => {
    const bottom: LayerSpec[] = [
      { type: 'conv2d', filters: 4, kernel: [3, 3], activation: 'relu', trainable: false },
      { type: 'batchnorm', trainable: false },
    ];
    const spec = { ...tinySpec, layers: [...bottom, ...tinySpec.layers] };
    const weightsAfter = async (epochs: number) => {
      const folder = await temporaryFolder();
      await run(tinyJob(folder, { spec, epochs }));
      return (await loadRun(folder, 'last')).parameters;
    };
    const [one, two] = [await weightsAfter(1), await weightsAfter(2)];
    const same = [...one].filter(([name, { data }]) => {
      const other = two.get(name)!.data;
      return data.every((value, index) => value === other[index]);
    });
    const frozen = ['conv2d/bias', 'conv2d/kernel'];
    const normalized = ['beta', 'gamma', 'moving_mean', 'moving_variance'];
    expect(same.map(([name]) => name).toSorted()).toEqual(
      [...frozen, ...normalized.map((name) => `batch_normalization/${name}`)].toSorted(),
    );
  });

  it('keeps the best epoch and the last, with the optimizer', async () => {
    const folder = await temporaryFolder();
    const { result, epochs } = await run(tinyJob(folder, { epochs: 8 }));
    const accuracies = epochs.map(({ metrics }) => metrics.valAccuracy!);
    const best = accuracies.indexOf(Math.max(...accuracies)) + 1;
    expect(result).toMatchObject({ outcome: 'done', epochs: 8, bestEpoch: best });
    expect((await loadRun(folder, 'best')).metadata['epoch']).toBe(String(best));
    const last = await loadRun(folder, 'last');
    expect(last.metadata).toMatchObject({ epoch: '8', step: String(8 * 19), seed: '4' });
    expect(last.file.classNames).toEqual(['across', 'upright', 'none']);
    const file = join(folder, runFiles.checkpoint('last'));
    const { tensors } = decodeSafetensors(await readFile(file), file);
    expect(tensors.get('optimizer.moment2')?.data.length).toBe(result.parameters);
    // Linked, not written twice, when the last epoch is the best one.
    if (best === 8) expect((await stat(file)).nlink).toBe(2);
  });

  it('reports the trained model’s own accuracy for the best checkpoint', async () => {
    const folder = await temporaryFolder();
    const { epochs } = await run(tinyJob(folder, { epochs: 4 }));
    const set = bars(100, 2);
    const service = new InferenceService(createBackend(chooseBackend('cpu', 1), 1));
    const { data } = await service.predict(
      { runDir: folder, checkpoint: 'last', set, batch: 33 },
      {},
    );
    const right = set.labels.filter((label, image) => {
      const row = data.subarray(image * 3, image * 3 + 3);
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      return row.indexOf(Math.max(...row)) === label;
    });
    expect(right.length / 100).toBe(epochs.at(-1)?.metrics.valAccuracy);

    const file = join(folder, 'model.onnx');
    await exportModel({
      runDir: folder,
      checkpoint: 'last',
      format: 'onnx',
      directory: folder,
      name: 'model',
      classNames: ['across', 'upright', 'none'],
      metadata: { author: 'someone' },
    });
    const exported = await service.runExported({ file, set }, {});
    expect(exported.classes).toBe(3);
    expect(exported.data).toEqual(data);
  });

  it('stops after the epoch when asked', async () => {
    const folder = await temporaryFolder();
    const { result } = await run(tinyJob(folder), 2);
    expect(result).toMatchObject({ outcome: 'stopped', epochs: 2 });
    expect((await loadRun(folder, 'last')).metadata['epoch']).toBe('2');
  });

  it('ends at once when aborted, without a checkpoint', async () => {
    const folder = await temporaryFolder();
    const job = tinyJob(folder, { epochs: 1000 });
    await expect(run(job, Infinity, 1)).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  const sgd = { ...tinySpec, optimizer: { type: 'sgd' } as const };
  // Four products in a row: nothing holds the numbers back.
  const linear: LayerSpec[] = [
    { type: 'flatten' },
    ...Array.from({ length: 3 }, (): LayerSpec => ({ type: 'dense', units: 16 })),
    { type: 'dense', units: 'classes', activation: 'softmax' },
  ];
  const wide: LayerSpec[] = [{ type: 'rescaling', scale: 1e4 }, ...tinySpec.layers];
  const causes: [string, Partial<TrainJob>, RegExp, RegExp][] = [
    [
      'far too high a rate',
      { spec: sgd, learningRate: 1e30 },
      /^The loss became .* at step \d+ \(epoch 1\): training diverged. No epoch had ended/,
      /It took only \d+ steps: the learning rate 1e\+30 is most likely too high\. Try 1e\+29/,
    ],
    [
      'a climbing loss',
      { spec: { ...sgd, layers: linear }, learningRate: 0.5 },
      /training diverged/,
      /^The loss had climbed from .* to .* within \d+ steps?: the learning rate 0\.5 is too high\. Try 0\.05/,
    ],
    [
      'images that are not scaled',
      { spec: { ...sgd, layers: wide }, learningRate: 1e30 },
      /training diverged/,
      /values up to 10000: the images are not scaled to about 1/,
    ],
  ];
  it.each(causes)('names step and cause of %s', async (_name, changes, message, hint) => {
    const job = tinyJob(await temporaryFolder(), changes);
    await expect(run(job)).rejects.toMatchObject({
      code: 'DIVERGED',
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
  });

  it('keeps the last good checkpoint, and says which', async () => {
    const folder = await temporaryFolder();
    await run(tinyJob(folder, { epochs: 2 }));
    const kept = [...(await loadRun(folder, 'last')).parameters];
    const job = tinyJob(folder, { epochs: 4, resume: true, learningRate: 1e35 });
    await expect(run(job)).rejects.toMatchObject({
      code: 'DIVERGED',
      message: expect.stringContaining('The checkpoint of epoch 2 is kept.') as string,
    });
    expect([...(await loadRun(folder, 'last')).parameters]).toEqual(kept);
  });

  it('saves no weights that are no numbers', async () => {
    const folder = await temporaryFolder();
    // One step an epoch: its loss is fine, what it does to the weights is not.
    const job = tinyJob(folder, { spec: sgd, batch: 300, learningRate: 1e39, validation: null });
    await expect(run(job)).rejects.toMatchObject({
      message: expect.stringMatching(/^\S+ holds values that are no numbers at step \d/) as string,
    });
    await expect(loadRun(folder, 'last')).rejects.toMatchObject({ code: 'RUN_NOT_READY' });
  });

  it('refuses images of another size and labels that are no class', async () => {
    const folder = await temporaryFolder();
    const wide = { ...bars(10, 1), width: 4 };
    await expect(run(tinyJob(folder, { train: wide }))).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    });
    await expect(run(tinyJob(folder, { train: bars(0, 1) }))).rejects.toMatchObject({
      code: 'NOT_ENOUGH_DATA',
    });
    await expect(run(tinyJob(folder, { classNames: ['a', 'b'] }))).rejects.toThrow('is no class');
  });

  const losses: [string, Partial<TrainJob['spec']>, number, LayerSpec][] = [
    ['one sigmoid', {}, 2, { type: 'dense', units: 1, activation: 'sigmoid' }],
    ['a sigmoid a class', {}, 3, { type: 'dense', units: 'classes', activation: 'sigmoid' }],
    [
      'smoothing, weights and clipping',
      {
        loss: 'crossentropy',
        labelSmoothing: 0.1,
        classWeights: 'balanced',
        optimizer: { type: 'adam', clipNorm: 1 },
      },
      3,
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
  ];
  it.each(losses)(
    'learns with %s, and prediction and export agree with validation',
    async (_name, changes, classes, head) => {
      const folder = await temporaryFolder();
      const classNames = ['across', 'upright', 'none'].slice(0, classes);
      // With two classes, 'none' is 'across': the bar is upright or it is not.
      const relabel = (set: ReturnType<typeof bars>) => ({
        ...set,
        labels: set.labels.map((label) => (label < classes ? label : 0)),
      });
      const set = relabel(bars(100, 2));
      const spec: TrainJob['spec'] = {
        ...tinySpec,
        layers: [...tinySpec.layers.slice(0, -1), head],
        loss: 'binary-crossentropy',
        ...changes,
      };
      const job = tinyJob(folder, {
        spec,
        classNames,
        train: relabel(bars(300, 1)),
        validation: set,
      });
      const { epochs } = await run(job);
      const last = epochs.at(-1)!.metrics;
      expect(last.valAccuracy).toBeGreaterThan(0.9);
      const service = new InferenceService(createBackend(chooseBackend('cpu', 1), 1));
      const { data, ...shape } = await service.predict(
        { runDir: folder, checkpoint: 'last', set },
        {},
      );
      expect(shape).toEqual({ images: 100, classes });
      const right = set.labels.filter((label, image) => {
        const row = data.subarray(image * classes, (image + 1) * classes);
        expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
        return row.indexOf(Math.max(...row)) === label;
      });
      expect(right.length / 100).toBe(last.valAccuracy);
      const file = join(folder, 'model.onnx');
      const metadata = {};
      await exportModel({
        runDir: folder,
        checkpoint: 'last',
        format: 'onnx',
        directory: folder,
        name: 'model',
        classNames,
        metadata,
      });
      expect((await service.runExported({ file, set }, {})).data).toEqual(data);
    },
  );

  const body: [string, LayerSpec[]][] = [
    ['dropout', [{ type: 'flatten' }, { type: 'dropout', rate: 0.2 }]],
    [
      'batch normalisation of channels',
      [{ type: 'batchnorm', momentum: 0.9 }, { type: 'flatten' }],
    ],
    ['batch normalisation of units', [{ type: 'flatten' }, { type: 'batchnorm', momentum: 0.9 }]],
    ['average pooling', [{ type: 'averagepool2d', size: [2, 2] }, { type: 'flatten' }]],
    ['global pooling', [{ type: 'globalaveragepool2d' }]],
    [
      'a residual block with batch normalisation',
      [
        {
          type: 'residual',
          body: [
            { type: 'depthwiseconv2d', kernel: [3, 3], padding: 'same', bias: false },
            { type: 'batchnorm', momentum: 0.9, scale: false },
            { type: 'spatialdropout2d', rate: 0.1 },
          ],
          activation: 'relu',
        },
        { type: 'squeezeexcite', ratio: 2 },
        { type: 'flatten' },
      ],
    ],
    [
      'branches and layer normalisation',
      [
        {
          type: 'branches',
          merge: 'concat',
          branches: [
            [],
            [{ type: 'separableconv2d', filters: 4, kernel: [2, 2], padding: 'same' }],
          ],
        },
        { type: 'layernorm' },
        { type: 'upsampling2d', size: [2, 2] },
        { type: 'flatten' },
      ],
    ],
    [
      'separate activations',
      [
        { type: 'activation', activation: 'tanh' },
        { type: 'flatten' },
        { type: 'dense', units: 9, activation: 'sigmoid' },
      ],
    ],
  ];
  it.each(body)('trains with %s, repeatably', async (_name, layers) => {
    const spec = {
      ...tinySpec,
      layers: [
        { type: 'conv2d', filters: 8, kernel: [3, 3], activation: 'relu' },
        ...layers,
        { type: 'dense', units: 'classes', activation: 'softmax' },
      ] as LayerSpec[],
    };
    const folders = [await temporaryFolder(), await temporaryFolder()];
    const runs = await Promise.all(
      folders.map((folder) => run(tinyJob(folder, { spec, epochs: 20, learningRate: 0.01 }))),
    );
    const [first, second] = runs.map(({ epochs }) => numbers(epochs));
    expect(first).toEqual(second);
    expect(runs[0]!.epochs.at(-1)?.metrics.valAccuracy).toBeGreaterThan(0.8);
  });
});
