/** The product's own contract against a real core, over every transport. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ORPCError } from '@orpc/client';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { transferModel } from '#shared/backbone-model.ts';
import type { FoveaClient, TrainOptions } from '#shared/contract/index.ts';
import { createTestCore, finished, sampleFolder, type TestCore } from '../helpers/core.ts';
import { tinyBackbone } from '../helpers/tiny-backbone.ts';
import { transports, type Connection } from './transports.ts';

let test: TestCore;
let project: string;
let run: string;

const options: TrainOptions = {
  model: { kind: 'preset', preset: 'fashion-small' },
  epochs: 2,
  batch: 50,
  learningRate: 0.001,
  schedule: { type: 'constant' },
  optimizer: null,
  earlyStop: null,
  seed: 7,
  trainLimit: 200,
  validateOn: { kind: 'none' },
  engine: 'cpu',
  augment: null,
  averaging: null,
  views: null,
  unlabeled: null,
  validateEvery: 1,
  finetune: null,
  featureCopies: null,
  film: true,
  startFrom: null,
};

const finetune: TrainOptions['finetune'] = {
  ...{ after: 1, trainableFrom: 'all', learningRate: 1e-4 },
  optimizer: { type: 'sgd', momentum: 0.9 },
  schedule: { type: 'constant' },
};

beforeAll(async () => {
  test = await createTestCore();
  const { client } = test;
  const made = await client.projects.create({ path: join(test.folder, 'projects', 'wire.fovea') });
  project = made.id;
  for (const split of ['train', 'test'] as const) {
    const { job } = await client.library.import({
      project,
      source: sampleFolder,
      split,
      limit: 300,
    });
    await finished(client, job);
  }
  const started = await client.runs.start({ project, options });
  run = started.run;
  await finished(client, started.job);
}, 120_000);
afterAll(() => test.close());

async function failure(call: Promise<unknown>): Promise<ORPCError<string, unknown>> {
  const error: unknown = await call.then(
    () => new Error('succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ORPCError);
  return error as ORPCError<string, unknown>;
}

describe.each(transports)('over $name', (transport) => {
  let connection: Connection<FoveaClient>;
  let client: FoveaClient;

  beforeAll(async () => {
    connection = await transport.connect<FoveaClient>(test.core.router, test.core.apiContext);
    client = connection.client;
  });
  afterAll(() => connection.close());

  it('tells about the machine', async () => {
    const info = await client.system.info();
    expect(info).toMatchObject({ host: 'test', platform: process.platform });
    expect(info.engine.backends.find(({ id }) => id === 'cpu')?.available).toBe(true);
  });

  it('answers with the same project that every other transport sees', async () => {
    const summary = await client.projects.get({ project });
    expect(summary).toMatchObject({ id: project, images: 600, classes: 10 });
  });

  it('fills in what the caller may leave out', async () => {
    const all = await client.library.images.ids({ project });
    const test_ = await client.library.images.ids({ project, filter: { splits: ['test'] } });
    expect(all).toHaveLength(600);
    expect(test_).toHaveLength(300);
  });

  it('refuses input that breaks the schema, naming the field', async () => {
    const error = await failure(client.library.images.rows({ project, ids: [0] }));
    expect(error.code).toBe('BAD_REQUEST');
    expect(error.data).toMatchObject({ issues: [{ path: ['ids', 0] }] });
  });

  it('fails with a declared code, a sentence and the thing it is about', async () => {
    const missing = join(test.folder, 'not here.fovea');
    const error = await failure(client.projects.open({ path: missing }));
    expect(error.defined).toBe(true);
    expect(error.code).toBe('NOT_FOUND');
    expect(error.message).toMatch(/^[A-Z].*\.$/);
    expect(`${error.message} ${JSON.stringify(error.data)}`).toContain('not here.fovea');
  });

  it.each([
    ['an unknown project', () => client.projects.get({ project: 'nobody' })],
    ['an unknown job', () => client.jobs.get({ job: 'nobody' })],
    ['an unknown run', () => client.runs.get({ project, run: 'nobody' })],
    ['an unknown image', () => client.library.images.get({ project, image: 999_999 })],
  ])('says NOT_FOUND to %s', async (_, call) => {
    expect((await failure(call())).code).toBe('NOT_FOUND');
  });

  it('streams jobs: first all there are, then each change', async () => {
    const stop = new AbortController();
    const events = await client.jobs.watch(undefined, { signal: stop.signal });
    const first = await events.next();
    expect(first.value).toMatchObject({ type: 'snapshot' });
    const { job } = await client.library.import({ project, source: sampleFolder, limit: 300 });
    const states: string[] = [];
    for await (const event of events) {
      if (event.type !== 'update' || event.job.id !== job) continue;
      states.push(event.job.state);
      if (event.job.finishedAt !== null) break;
    }
    stop.abort();
    expect(states.at(-1)).toBe('done');
    expect((await client.jobs.get({ job })).result).toMatchObject({ type: 'import' });
  });

  it('streams changes of a project, and only until the reader leaves', async () => {
    const events = await client.projects.watch({ project });
    const [image] = await client.library.images.ids({ project });
    const { id: classId } = await client.labels.classes.create({
      project,
      name: `made over ${transport.name}`,
    });
    await client.labels.assign({ project, images: [image ?? 0], classId });
    const topics = new Set<string>();
    let named: number[] = [];
    for await (const change of events) {
      for (const topic of change.topics) topics.add(topic);
      named = [...named, ...(change.images ?? [])];
      if (topics.has('labels')) break;
    }
    expect(topics).toContain('labels');
    await client.labels.undo({ project });
    await client.labels.classes.remove({ project, class: classId });
  });

  it('cancels a training and says so', async () => {
    const started = await client.runs.start({ project, options: { ...options, epochs: 10_000 } });
    await vi.waitFor(
      async () => {
        const { epochs } = await client.runs.get({ project, run: started.run });
        expect(epochs.length).toBeGreaterThan(0);
      },
      { timeout: 30_000 },
    );
    await client.jobs.cancel({ job: started.job });
    await vi.waitFor(
      async () => expect((await client.jobs.get({ job: started.job })).state).toBe('cancelled'),
      { timeout: 20_000 },
    );
    expect((await client.runs.get({ project, run: started.run })).status).toBe('cancelled');
  });

  it('takes pictures as bytes: one of over 10 MB among small ones', async () => {
    const size = { width: 2100, height: 1700 };
    const pixels = Buffer.alloc(size.width * size.height * 3);
    for (let at = 0; at < pixels.length; at += 1) pixels[at] = (at * 2_654_435_761) >>> 24;
    const big = await sharp(pixels, { raw: { ...size, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    expect(big.length).toBeGreaterThan(10_000_000);
    const icon = readFileSync(join(sampleFolder, '../../icon.png'));
    const answers = await client.predict.files({
      project,
      run,
      files: [
        new File([big], 'noise 图.png', { type: 'image/png' }),
        new File([icon], 'icon.png', { type: 'image/png' }),
        new File(['this is text'], 'wrong.png'),
      ],
    });
    const byIndex = new Map<number, object>();
    for await (const answer of answers) byIndex.set(answer.index, answer);
    expect(byIndex.get(0)).toMatchObject({ prediction: { file: 'noise 图.png', image: null } });
    expect(byIndex.get(1)).toMatchObject({ prediction: { file: 'icon.png' } });
    expect(byIndex.get(2)).toMatchObject({
      file: 'wrong.png',
      error: expect.any(String) as string,
    });
  });

  it('validates in folds, and doubts labels by their answers', async () => {
    const request = {
      kind: 'folds' as const,
      folds: 2,
      options: { ...options, epochs: 1, trainLimit: 40 },
    };
    const started = await client.studies.start({ project, request });
    await finished(client, started.job);
    const study = await client.studies.get({ project, study: started.study });
    expect(study).toMatchObject({ status: 'done', measuredOn: 'folds', curves: [] });
    expect(study.folds?.pooled.images).toBe(study.measuredImages);
    const source = { kind: 'study' as const, study: started.study };
    const { images, suspects } = await client.evaluation.suspects({ project, source });
    expect(images).toBe(study.measuredImages);
    for (const { given, suggested } of suspects) expect(given).not.toBe(suggested);
    await client.studies.update({ project, study: started.study, name: 'two halves' });
    expect((await client.studies.list({ project }))[0]).toMatchObject({ name: 'two halves' });
    await client.studies.remove({ project, study: started.study });
    expect((await failure(client.evaluation.suspects({ project, source }))).code).toBe('NOT_FOUND');
    expect((await failure(client.studies.get({ project, study: 's9999' }))).code).toBe('NOT_FOUND');
  });

  it('compares two checkpoints class by class, once both are evaluated', async () => {
    const { checkpoints } = await client.runs.get({ project, run });
    expect(checkpoints).toContain('last');
    const before = { run, checkpoint: 'last' as const };
    for (const checkpoint of ['best', 'last'] as const) {
      const { job } = await client.evaluation.start({ project, run, checkpoint, split: 'test' });
      await finished(client, job);
    }
    const { images, overall, classes } = await client.evaluation.compare({
      project,
      run,
      split: 'test',
      before,
    });
    expect(images).toBe(300);
    expect(overall.difference).toBeCloseTo(overall.after - overall.before, 9);
    expect(classes.reduce((sum, each) => sum + each.images, 0)).toBe(300);
  });

  it('adds, describes, uses and removes a pretrained network', async () => {
    const { file, sha256 } = tinyBackbone(test.folder);
    const source = new File([readFileSync(file)], 'tiny 网.onnx');
    const added = await client.backbones.add({ source, name: 'Tiny' });
    expect(added).toMatchObject({ name: 'Tiny', sha256, boxed: false });
    const backbone = added.id;
    expect((await client.backbones.list()).filter((each) => each.id === backbone)).toHaveLength(1);
    const info = await client.backbones.get({ backbone });
    expect(info.nodes.map(({ op }) => op)).toContain('Conv');
    expect(info.nodes.at(-1)?.inputs.length).toBeGreaterThan(0);
    const changed = await client.backbones.change({ backbone, cut: 'maps', trainedOn: 'Leaves' });
    expect(changed).toMatchObject({ cut: 'maps', trainedOn: 'Leaves', changed: true });
    expect(changed.proposed.cut).toBe(info.cut);
    const out = join(test.folder, `features over ${transport.name}.npy`);
    const images = (await client.library.images.ids({ project })).slice(0, 3);
    const asked = { project, backbone, cut: 'maps', images, file: out, format: 'npy' as const };
    const { job } = await client.backbones.features({ ...asked, pool: true });
    expect((await finished(client, job)).result).toMatchObject({ images: 3, shape: [8] });
    const spec = transferModel(info, { cut: 'maps', size: 8, channels: 1 });
    const plan = await client.runs.plan({
      project,
      options: { ...options, model: { kind: 'spec', spec }, finetune },
    });
    expect(plan.problems).toEqual([]);
    expect(plan.model.summary.trainable).toBe(8 * 10 + 10);
    const wrong = new File(['no network'], 'wrong.onnx');
    expect((await failure(client.backbones.add({ source: wrong }))).code).toBe('SOURCE_UNREADABLE');
    await client.backbones.remove({ backbone });
    expect((await failure(client.backbones.get({ backbone }))).code).toBe('NOT_FOUND');
  });

  it('begins with the weights of a run, and says which', async () => {
    const plan = await client.runs.plan({
      project,
      options: { ...options, startFrom: { run, checkpoint: 'last' } },
    });
    expect(plan.start?.fresh).toEqual([]);
    expect(plan.start?.text).toContain(`run ${run}`);
  });

  it('writes the data for other programs', async () => {
    const formats = await client.datasets.formats();
    expect(formats.map(({ id }) => id)).toContain('webdataset');
    const directory = join(test.folder, `data over ${transport.name}`);
    const { job } = await client.datasets.export({ project, format: 'tfrecord', directory });
    const { result } = await finished(client, job);
    expect(result).toMatchObject({ type: 'dataset', dataset: { images: 600, skipped: [] } });
    expect(existsSync(join(directory, 'train-000000.tfrecord'))).toBe(true);
  });

  it('answers a hundred calls at once', async () => {
    const ids = (await client.library.images.ids({ project })).slice(0, 100);
    const details = await Promise.all(
      ids.map((image) => client.library.images.get({ project, image })),
    );
    expect(details.map(({ id }) => id)).toEqual(ids);
  });
});

describe('close', () => {
  it('leaves a second core to open the same folder at once', async () => {
    const first = await createTestCore();
    const { id, path } = await first.client.projects.create({
      path: join(first.folder, 'projects', 'again.fovea'),
    });
    const { job } = await first.client.library.import({ project: id, source: sampleFolder });
    expect(job).not.toBe('');
    // In the middle of an import: closing cancels it and waits.
    await first.core.close();
    const second = await createTestCore(first.folder);
    const opened = await second.client.projects.open({ path });
    expect(opened.id).toBe(id);
    const imports = await second.client.library.imports({ project: id });
    expect(imports.every(({ state }) => state !== 'failed')).toBe(true);
    await second.close();
    expect(existsSync(first.folder)).toBe(false);
  });
});
