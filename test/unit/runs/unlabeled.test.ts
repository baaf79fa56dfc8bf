import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { createProject, quick, trainRun } from '../../helpers/training.ts';

let test: TestCore;
let project: string;
const unlabeled = { warmup: 1, round: 1, ratio: 2, neighbors: 3, temperature: 0.7 };

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'squares', { train: 90, test: 12 });
}, 60_000);
afterAll(() => test.close());

describe('a training on images without a label', () => {
  it('takes what has no label, but for what is kept to measure on', async () => {
    const { client } = test;
    const images = await client.library.images.ids({ project, filter: { splits: ['train'] } });
    const kept = await client.library.images.ids({ project, filter: { splits: ['test'] } });
    const without = [...images.slice(-20), ...kept.slice(0, 3)];
    await client.labels.assign({ project, images: without, classId: null });
    await client.library.splits.set({ project, images: images.slice(-5), split: null });
    const plan = await client.runs.plan({ project, options: { ...quick, unlabeled } });
    expect(plan).toMatchObject({ trainImages: 70, unlabeledImages: 20, validationImages: 9 });
    // Labels beyond the limit take no part, but their images do.
    const options = { ...quick, unlabeled, trainLimit: 30 };
    expect(await client.runs.plan({ project, options })).toMatchObject({
      trainImages: 30,
      unlabeledImages: 60,
    });
    // Without the setting, all is as ever.
    expect(await client.runs.plan({ project, options: quick })).toMatchObject({
      trainImages: 70,
      unlabeledImages: 0,
    });
  });

  it('tells how many it is sure of, and how far it is', async () => {
    const options = { unlabeled, trainLimit: 30, epochs: 3 };
    const { run, events } = await trainRun(test.client, project, options);
    expect(run).toMatchObject({ status: 'done', trainImages: 30, unlabeledImages: 60 });
    expect(run.epochs[0]).not.toHaveProperty('sure');
    for (const { sure } of run.epochs.slice(1)) expect(sure).toBeGreaterThanOrEqual(0);
    expect(run.epochs).toEqual(
      events.flatMap((event) => (event.type === 'epoch' ? [event.metrics] : [])),
    );
    const job = await test.client.jobs.get({ job: run.job! });
    expect(job.progress).toMatchObject({ unit: 'images', done: 210, total: 210 });
    // 30 images, then 90 in the epochs after: an estimate goes by the images that there are.
    const { estimateSeconds } = await test.client.runs.plan({
      project,
      options: { ...quick, ...options },
    });
    expect(estimateSeconds).toBeGreaterThan(0);
  });

  it('is refused where there are none, and within studies', async () => {
    const { client } = test;
    const all = await createProject(test, 'all', { train: 20, test: 8 });
    const options = { ...quick, unlabeled };
    const message = expect.stringContaining('nothing to learn from without a label') as string;
    expect((await client.runs.plan({ project: all, options })).problems).toEqual([message]);
    await expect(client.runs.start({ project: all, options })).rejects.toMatchObject({
      code: 'NOT_ENOUGH_DATA',
      message,
    });
    await expect(
      client.studies.start({ project, request: { kind: 'folds', options, folds: 2 } }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('is offered as a recipe where there are such images', async () => {
    const recipe = async (id: string, trainLimit: number | null = null) => {
      const made = await test.client.models.recipes({ project: id, trainLimit });
      return made.find((one) => one.id === 'use-unlabeled');
    };
    const offered = await recipe(project, 30);
    expect(offered).toMatchObject({ offered: true, suggested: false });
    expect(offered!.defaults.unlabeled!.ratio).toBe(2);
    const labeled = await createProject(test, 'labeled', { train: 20, test: 8 });
    expect(await recipe(labeled)).toMatchObject({ offered: false });
  });
});
