import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { createProject, quick } from '../../helpers/training.ts';

let test: TestCore;

beforeAll(async () => {
  test = await createTestCore();
}, 60_000);
afterAll(() => test.close());

const validation = { kind: 'split', split: 'validation' } as const;

describe('runs.plan', () => {
  it('counts what would be trained on, and shows the model', async () => {
    const project = await createProject(test, 'plan', { train: 40, test: 12 });
    const plan = await test.client.runs.plan({ project, options: quick });
    expect(plan).toMatchObject({
      trainImages: 40,
      validationImages: 12,
      classes: ['north', 'east', 'south', 'west'],
      problems: [],
      estimateSeconds: null,
    });
    expect(plan.engine).toMatch(/^CPU/);
    // 4 classes: 198 parameters fewer in the last layer than with 10.
    expect(plan.model.summary.parameters).toBe(266_986 - 6 * 33);
    expect(plan.warnings).toContain(
      'The best epoch is chosen on the test split, so accuracy on it flatters a little.',
    );
  });

  it('times a few steps, and then knows how long a first training takes', async () => {
    const { client } = test;
    const project = await createProject(test, 'timed', { train: 40, test: 12 });
    const options = { ...quick, batch: 8 };
    const seconds = await client.runs.estimate({ project, options });
    expect(seconds).toBeGreaterThan(0);
    const plan = await client.runs.plan({ project, options: { ...options, epochs: 4 } });
    expect(plan.estimateSeconds).toBeCloseTo(2 * seconds!, 9);
  }, 60_000);

  it('says where images without a label are never reached', async () => {
    const { client } = test;
    const project = await createProject(test, 'unreached', { train: 40, test: 12 });
    const unlabeled = { warmup: 5, round: 2, ratio: 1, neighbors: 0, temperature: 0.5 };
    const { warnings } = await client.runs.plan({ project, options: { ...quick, unlabeled } });
    expect(warnings).toContain(
      'Images without a label come in from epoch 6 on: 2 epochs would learn from the labels alone.',
    );
  });

  it('suggests what to do when the validation split is empty', async () => {
    const project = await createProject(test, 'novalidation', { train: 40, test: 12 });
    const options = { ...quick, validateOn: validation };
    const plan = await test.client.runs.plan({ project, options });
    expect(plan.problems).toEqual([
      'No labeled image is in the validation split. Assign splits in the library, hold out a share of the training images, or train without validation.',
    ]);
    await expect(test.client.runs.start({ project, options })).rejects.toMatchObject({
      code: 'NOT_ENOUGH_DATA',
      message: plan.problems[0],
    });
    expect(await test.client.runs.list({ project })).toEqual([]);
  });

  it('refuses no labels, one class, and a hold-out of nothing', async () => {
    const { client } = test;
    const project = await createProject(test, 'poor', { train: 8 });
    const problems = async (options: Partial<typeof quick>): Promise<string[]> =>
      (await client.runs.plan({ project, options: { ...quick, ...options } })).problems;
    const none = { kind: 'none' } as const;

    const few = await problems({ validateOn: { kind: 'fraction', fraction: 0.01 } });
    expect(few).toEqual([
      '1 % of 8 training images leaves nothing to validate on. Hold out more, or train without validation.',
    ]);

    const images = await client.library.images.ids({ project });
    const [first] = await client.labels.classes.list({ project });
    await client.labels.assign({ project, images, classId: first!.id });
    expect(await problems({ validateOn: none })).toEqual([
      'All 8 training images are labeled “north”. A classifier needs images of at least two classes.',
    ]);
    await client.labels.assign({ project, images, classId: null });
    expect(await problems({ validateOn: none })).toEqual([
      'No image is labeled yet. Label images in the library first.',
    ]);
  });

  it('trains on everything when no image has a split, and says so', async () => {
    const { client } = test;
    const project = await createProject(test, 'nosplit', { train: 20 });
    const images = await client.library.images.ids({ project });
    await client.library.splits.set({ project, images, split: null });
    const none = { ...quick, validateOn: { kind: 'none' } as const };
    const plan = await client.runs.plan({ project, options: none });
    expect(plan.trainImages).toBe(20);
    expect(plan.warnings).toContain(
      'No image has a split, so all 20 labeled images are used for training.',
    );
    const split = await client.runs.plan({
      project,
      options: { ...quick, validateOn: validation },
    });
    expect(split.problems[0]).toMatch(/^No image has a split yet\. Assign splits/);

    // As soon as one image has a split, images without one are left out.
    await client.library.splits.set({ project, images: images.slice(0, 15), split: 'train' });
    const partly = await client.runs.plan({ project, options: none });
    expect(partly.trainImages).toBe(15);
    expect(partly.warnings).toContain('5 labeled images without a split are not used.');
  });

  it('warns of classes that cannot be learned, and of large batches', async () => {
    const { client } = test;
    const project = await createProject(test, 'unequal', { train: 40 });
    const ids = await client.library.images.ids({ project });
    // Every fourth image is 'west'; they all become test images.
    const west = ids.filter((_, index) => index % 4 === 3);
    await client.library.splits.set({ project, images: west, split: 'test' });
    const plan = await client.runs.plan({ project, options: { ...quick, batch: 64 } });
    expect(plan.classes).toHaveLength(4);
    expect(plan.warnings).toContain('No training image is labeled “west”: it cannot be learned.');
    expect(plan.warnings).toContain(
      'The batch of 64 is larger than the 30 training images: each epoch is one step.',
    );
    const small = await client.runs.plan({ project, options: { ...quick, trainLimit: 1000 } });
    expect(small.warnings).toContain('There are only 30 labeled training images; all are used.');
  });

  it('refuses an engine that this machine has not', async () => {
    const project = await createProject(test, 'engine', { train: 20 });
    const plan = await test.client.runs.plan({
      project,
      options: {
        ...quick,
        engine: process.platform === 'darwin' ? 'dml' : 'coreml',
        validateOn: { kind: 'none' },
      },
    });
    expect(plan.problems).toHaveLength(1);
    expect(plan.problems[0]).toMatch(/cannot be used on this machine/);
  });
});
