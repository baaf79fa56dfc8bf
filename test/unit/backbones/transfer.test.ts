import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transferModel } from '#shared/backbone-model.ts';
import { augmentationSpec } from '#shared/augmentation.ts';
import { unpackFloats } from '#shared/float-text.ts';
import type { BackboneInfo, ModelChoice } from '#shared/contract/index.ts';
import { createTestCore, finished, type TestCore } from '../../helpers/core.ts';
import { tinyBackbone } from '../../helpers/tiny-backbone.ts';
import { createProject, quick, trainRun } from '../../helpers/training.ts';

describe('a run on a pretrained network', () => {
  let core: TestCore;
  let project: string;
  let tiny: BackboneInfo;
  let model: ModelChoice;
  const cache = () => {
    const folder = join(core.folder, 'p.fovea/cache/features');
    const packs = existsSync(folder)
      ? readdirSync(folder).filter((name) => name.endsWith('.bin'))
      : [];
    return packs.map((name) => statSync(join(folder, name)).size / Float32Array.BYTES_PER_ELEMENT);
  };

  beforeAll(async () => {
    core = await createTestCore();
    const { client, folder } = core;
    tiny = await client.backbones.add({ source: tinyBackbone(folder).file });
    project = await createProject(core, 'p', { train: 9, test: 6, classes: 3 });
    const info = await client.backbones.get({ backbone: tiny.id });
    const spec = transferModel(info, { cut: 'maps', size: 8, channels: 1 });
    model = { kind: 'spec', spec };
  });
  afterAll(() => core.close());

  it('looks at each image once, answers, and takes its network along', async () => {
    const { client, folder } = core;
    const { run } = await trainRun(client, project, { model, batch: 8 });
    expect(run).toMatchObject({ status: 'done', error: null });
    expect(cache()).toEqual([(9 + 6) * 8]);
    expect(readdirSync(join(folder, 'p.fovea/backbones')).toSorted()).toEqual([
      `${tiny.sha256}.json`,
      `${tiny.sha256}.onnx`,
    ]);
    await client.backbones.remove({ backbone: tiny.id });
    const [first = 0] = await client.library.images.ids({ project });
    const [answer] = await client.predict.images({
      project,
      run: run.id,
      checkpoint: 'best',
      images: [first],
    });
    expect(answer?.probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
    const { layers } = await client.inspect.layers({ project, run: run.id });
    expect(layers.map(({ name }) => name)).toContain('backbone');
    await client.backbones.add({ source: join(folder, 'tiny.onnx') });
  });

  it('keeps as many varied copies of each image as it is told, and fine-tunes after', async () => {
    const { client } = core;
    const before = cache().length;
    const augment = augmentationSpec.parse({
      name: 'turned',
      operations: [{ type: 'rotate', range: [-20, 20] }],
    });
    const { run } = await trainRun(client, project, {
      ...{ model, augment, featureCopies: 2, batch: 8, epochs: 3 },
      finetune: {
        ...{ after: 2, trainableFrom: 'all', learningRate: 1e-3 },
        optimizer: { type: 'sgd', momentum: 0.9 },
        schedule: { type: 'constant' },
      },
    });
    expect(run).toMatchObject({ status: 'done', error: null });
    expect(run.epochs.map(({ learningRate }) => learningRate)).toEqual([1e-3, 1e-3, 1e-3]);
    // The images that it validates on are known from before.
    expect(cache()).toHaveLength(before + 1);
    expect(cache()).toContain((9 + 6) * 8);
    expect(cache()).toContain(2 * 9 * 8);
  });

  it('says before it starts what cannot be', async () => {
    const plan = await core.client.runs.plan({
      project,
      options: {
        ...quick,
        model,
        epochs: 2,
        finetune: {
          ...{ after: 2, trainableFrom: 'all', learningRate: 1e-3 },
          optimizer: { type: 'sgd' },
          schedule: { type: 'constant' },
        },
      },
    });
    expect(plan.problems).toEqual([
      'Fine-tuning would begin after epoch 2, but there are 2 epochs in all.',
    ]);
  });

  it('says what it sees by itself, without labels', async () => {
    const { client } = core;
    const images = (await client.library.images.ids({ project })).slice(0, 3);
    const answers = await client.predict.images({ project, backbone: tiny.id, images });
    expect(answers.map(({ image }) => image)).toEqual(images);
    for (const { truth, top, probabilities } of answers) {
      expect(truth).toBeNull();
      expect(probabilities).toHaveLength(5);
      expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
      expect(top).toBe(`class ${probabilities.indexOf(Math.max(...probabilities))}`);
    }
  });

  it('lays images out by what it makes of them, and keeps the plane', async () => {
    const { client } = core;
    const events = async () => {
      const all = [];
      const asked = { project, backbone: tiny.id, limit: 20, seed: 1 };
      for await (const event of await client.inspect.embedding(asked)) all.push(event);
      return all;
    };
    const first = await events();
    const images = first.find((event) => event.type === 'images');
    expect(images).toMatchObject({ predicted: null, confidence: null });
    expect(images?.images).toHaveLength(9 + 6);
    const points = first.findLast((event) => event.type === 'points');
    expect(unpackFloats(points!.points)).toHaveLength(2 * (9 + 6));
    expect(await events()).toEqual([images, { ...points, done: 1, total: 1 }]);
  });

  it('gives features to other programs', async () => {
    const { client, folder } = core;
    const file = join(folder, 'features.npy');
    const request = { project, backbone: tiny.id, cut: 'maps' };
    const { job } = await client.backbones.features({ ...request, file, format: 'npy' });
    const { result } = await finished(client, job);
    expect(result).toMatchObject({ type: 'features', images: 15, shape: [8, 4, 4] });
    const bytes = readFileSync(file);
    expect(bytes.toString('latin1', 0, 128)).toContain("'shape': (15, 8, 4, 4)");
    const csv = join(folder, 'features.csv');
    const pooled = await client.backbones.features({
      ...{ ...request, file: csv, format: 'csv' as const, pool: true },
    });
    await finished(client, pooled.job);
    const lines = readFileSync(csv, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(16);
    expect(lines[0]).toBe('image,name,label,f0,f1,f2,f3,f4,f5,f6,f7');
    rmSync(file);
  });
});
