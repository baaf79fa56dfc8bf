import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EvaluationReport, Split } from '#shared/contract/index.ts';
import { confusionMatrix, logLoss, topClasses } from '#shared/metrics.ts';
import { createTestCore, finished, type TestCore } from '../../helpers/core.ts';
import { createProject, trainRun } from '../../helpers/training.ts';

let test: TestCore;
let project: string;
let run: string;

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'squares', { train: 120, test: 80 });
  // Little training, so that some answers are wrong.
  const trained = await trainRun(test.client, project, {
    epochs: 1,
    batch: 120,
    learningRate: 3e-4,
    validateOn: { kind: 'none' },
  });
  run = trained.run.id;
}, 60_000);
afterAll(() => test.close());

async function evaluate(split: Split = 'test', of = run): Promise<EvaluationReport> {
  const { job } = await test.client.evaluation.start({ project, run: of, split });
  await finished(test.client, job);
  return (await test.client.evaluation.report({ project, run: of, split }))!;
}

const stored = (split: Split = 'test') =>
  test.core.context.projects
    .get(project)
    .store.evaluations.find({ run, split, checkpoint: 'best' })!;

describe('an evaluation', () => {
  it('is null before it was made', async () => {
    expect(await test.client.evaluation.report({ project, run, split: 'test' })).toBeNull();
    await expect(
      test.client.evaluation.cell({ project, run, split: 'test' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('reports what the stored probabilities say', async () => {
    const report = await evaluate();
    const { probabilities, truth, images } = stored();
    expect(report).toMatchObject({ run, split: 'test', checkpoint: 'best', images: 80 });
    expect(report).toMatchObject({ excluded: 0, trainedOn: 0, staleLabels: 0 });
    expect(images).toHaveLength(80);
    expect(probabilities).toHaveLength(80 * 4);
    expect(report.confusion).toEqual(confusionMatrix(truth, topClasses(probabilities, 4), 4));
    expect(report.loss).toBe(logLoss(probabilities, truth, 4));
    const right = report.confusion.reduce((sum, row, index) => sum + row[index]!, 0);
    expect(report.accuracy).toBe(right / 80);
    expect(report.classes.map(({ support }) => support)).toEqual([20, 20, 20, 20]);
    const recalls = report.confusion.map((row, index) => row[index]! / 20);
    expect(report.balancedAccuracy).toBeCloseTo(recalls.reduce((a, b) => a + b) / 4, 12);
    expect(report.accuracyInterval[0]).toBeLessThan(report.accuracy);
    for (let row = 0; row < 80; row++) {
      const sum = probabilities.subarray(row * 4, row * 4 + 4).reduce((a, b) => a + b);
      expect(sum).toBeCloseTo(1, 5);
    }
  });

  it('opens the images behind each cell, the most confident first', async () => {
    const { confusion } = await evaluate();
    let wrong = 0;
    for (const [truth, row] of confusion.entries()) {
      for (const [predicted, count] of row.entries()) {
        if (truth !== predicted) wrong += count;
        const cell = { project, run, split: 'test', truth, predicted } as const;
        const { total, predictions } = await test.client.evaluation.cell(cell);
        expect(total).toBe(count);
        expect(predictions).toHaveLength(count);
        const confidence = predictions.map(({ probabilities }) => probabilities[predicted]!);
        expect(confidence).toEqual(confidence.toSorted((one, other) => other - one));
      }
    }
    const mistakes = await test.client.evaluation.cell({
      project,
      run,
      split: 'test',
      correct: false,
    });
    expect(mistakes.total).toBe(wrong);
    expect(mistakes.predictions.every(({ truth, top }) => truth !== top)).toBe(true);
    const all = await test.client.evaluation.cell({ project, run, split: 'test', limit: 10 });
    expect(all.total).toBe(80);
    const next = { project, run, split: 'test', offset: 5, limit: 10 } as const;
    expect((await test.client.evaluation.cell(next)).predictions.slice(0, 5)).toEqual(
      all.predictions.slice(5),
    );
  });

  it('says the same of an image as a prediction does', async () => {
    const { predictions } = await test.client.evaluation.cell({ project, run, split: 'test' });
    const images = predictions.slice(0, 20).map(({ image }) => image!);
    const again = await test.client.predict.images({ project, run, images });
    again.forEach((answer, index) => {
      expect(answer).toMatchObject({
        image: predictions[index]!.image,
        file: predictions[index]!.file,
        truth: predictions[index]!.truth,
        top: predictions[index]!.top,
      });
      answer.probabilities.forEach((value, index_) =>
        expect(value).toBeCloseTo(predictions[index]!.probabilities[index_]!, 5),
      );
    });
  });

  it('is not made again while nothing changed', async () => {
    const one = await evaluate();
    const two = await evaluate();
    expect(two.at).toBe(one.at);
  });

  it('knows the images that it was trained on', async () => {
    const report = await evaluate('train');
    expect(report).toMatchObject({ images: 120, trainedOn: 120 });
  });

  it('counts changed labels, and takes them in from the stored answers', async () => {
    const { client } = test;
    const before = await evaluate();
    const probabilities = stored().probabilities;
    const { predictions } = await client.evaluation.cell({ project, run, split: 'test', truth: 0 });
    const classes = await client.labels.classes.list({ project });
    const moved = predictions.slice(0, 3).map(({ image }) => image!);
    await client.labels.assign({ project, images: moved, classId: classes[1]!.id });
    const stale = await client.evaluation.report({ project, run, split: 'test' });
    expect(stale).toEqual({ ...before, staleLabels: 3 });

    const after = await evaluate();
    expect(after.staleLabels).toBe(0);
    expect(after.classes.map(({ support }) => support)).toEqual([17, 23, 20, 20]);
    expect(stored().probabilities).toEqual(probabilities);
    await client.labels.undo({ project });
    expect((await evaluate()).confusion).toEqual(before.confusion);
  });

  it('asks only about images that are new in the split', async () => {
    const { client } = test;
    const [first] = await client.library.images.ids({ project, filter: { splits: ['train'] } });
    const known = stored();
    await client.library.splits.set({ project, images: [first!], split: 'test' });
    expect((await client.evaluation.report({ project, run, split: 'test' }))!.staleLabels).toBe(1);
    const report = await evaluate();
    expect(report).toMatchObject({ images: 81, trainedOn: 1 });
    const now = stored();
    known.images.forEach((image, row) => {
      const at = now.images.indexOf(image);
      expect([...now.probabilities.subarray(at * 4, at * 4 + 4)]).toEqual([
        ...known.probabilities.subarray(row * 4, row * 4 + 4),
      ]);
    });
    await client.library.splits.set({ project, images: [first!], split: 'train' });
  });

  it('leaves out labels of classes that the run does not know', async () => {
    const { client } = test;
    const { predictions } = await client.evaluation.cell({ project, run, split: 'test' });
    const created = await client.labels.classes.create({ project, name: 'centre' });
    const classId = created.id;
    await client.labels.assign({ project, images: [predictions[0]!.image!], classId });
    const report = await evaluate();
    expect(report).toMatchObject({ images: 79, excluded: 1 });
    expect(report.classes).toHaveLength(4);
    await client.labels.undo({ project });
  });

  it('is no longer the evaluation of another checkpoint', async () => {
    await evaluate();
    const folder = test.core.context.projects.get(project).paths.run(run);
    const other = await trainRun(test.client, project, { epochs: 1, validateOn: { kind: 'none' } });
    const otherFolder = test.core.context.projects.get(project).paths.run(other.run.id);
    const file = 'checkpoints/best.safetensors';
    copyFileSync(join(otherFolder, file), join(folder, file));
    expect(await test.client.evaluation.report({ project, run, split: 'test' })).toBeNull();
    const report = await evaluate();
    expect(report.confusion).toEqual((await evaluate('test', other.run.id)).confusion);
  });

  it('takes the held-out images for the validation split', async () => {
    const trained = await trainRun(test.client, project, {
      epochs: 1,
      validateOn: { kind: 'fraction', fraction: 0.25 },
    });
    const validation = await evaluate('validation', trained.run.id);
    expect(validation).toMatchObject({ images: 30, trainedOn: 0 });
    const last = trained.run.epochs.at(-1)!;
    expect(validation.accuracy).toBeCloseTo(last.valAccuracy!, 6);
    expect(validation.loss).toBeCloseTo(last.valLoss!, 4);
    expect(await evaluate('train', trained.run.id)).toMatchObject({ images: 90, trainedOn: 90 });
  });

  it('fails with a sentence on an empty split, or without a checkpoint', async () => {
    const start = { project, run, split: 'validation' } as const;
    const { job } = await test.client.evaluation.start(start);
    await expect(finished(test.client, job)).rejects.toThrow(
      'No labeled image is in the validation split.',
    );
    // Cancelled before its first epoch, a run has no checkpoint.
    const { options } = await test.client.runs.get({ project, run });
    const early = await test.client.runs.start({ project, options });
    await test.client.runs.cancel({ project, run: early.run });
    const none = await test.client.evaluation.start({ project, run: early.run, split: 'test' });
    const end = await test.core.context.jobs.finished(none.job);
    expect(end.error).toMatchObject({ code: 'RUN_NOT_READY', subject: early.run });
  });
});
