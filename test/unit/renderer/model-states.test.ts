/** The state behind train, evaluate, predict and export, against a real core and a real engine. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EvaluationState } from '../../../src/renderer/state/evaluation.svelte.ts';
import {
  ExportsState,
  folderOf,
  suggestDirectory,
} from '../../../src/renderer/state/exports.svelte.ts';
import { isActive } from '../../../src/renderer/state/live-run.svelte.ts';
import { PredictState } from '../../../src/renderer/state/predict.svelte.ts';
import { canResume, RunsState } from '../../../src/renderer/state/runs.svelte.ts';
import { TrainForm } from '../../../src/renderer/state/train-form.svelte.ts';
import { createTestCore, finished, type TestCore } from '../../helpers/core.ts';
import { createProject, quick } from '../../helpers/training.ts';

let test: TestCore;
let project: string;
let runs: RunsState;

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'states', { train: 200, test: 60 });
  runs = new RunsState(test.client, project);
  await runs.load();
}, 60_000);
afterAll(async () => {
  runs.close();
  await test.close();
});

async function settled(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('It did not come to that.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the form of a new run', () => {
  it('suggests the first preset, plans it, and plans anew on a change', async () => {
    const form = new TrainForm(test.client, project);
    form.suggestValidation({ validation: 0, test: 60 });
    form.suggest(runs.presets, []);
    expect(form.model).toEqual({ kind: 'preset', preset: runs.presets[0]?.id });
    expect(form.validate).toBe('test');
    expect(form.canStart).toBe(false);
    form.replan(0);
    await settled(() => !form.planning);
    expect(form.canStart).toBe(true);
    expect(form.plan).toMatchObject({ trainImages: 200, validationImages: 60 });

    form.validate = 'fraction';
    form.heldOut = 25;
    form.replan(60_000);
    // A click on Start that leaves a field counts, and starts what the field says now.
    expect(form.planning).toBe(true);
    expect(form.canStart).toBe(true);
    await form.settle();
    expect(form.planning).toBe(false);
    expect(form.plan).toMatchObject({ trainImages: 150, validationImages: 50 });

    form.validate = 'validation';
    form.replan(0);
    await settled(() => !form.planning);
    expect(form.plan?.problems).not.toEqual([]);
    expect(form.canStart).toBe(false);
    expect(form.summary?.parameters).toBe(form.plan?.model.summary.parameters);
  });

  it('lets a recipe’s epochs follow the number of images, not those that were typed', async () => {
    const large = await createProject(test, 'large', { train: 1500, test: 10 });
    const form = new TrainForm(test.client, large);
    const { models } = test.client;
    const [all, few] = await Promise.all(
      [null, 300].map((trainLimit) => models.recipes({ project: large, trainLimit })),
    );
    form.useRecipe(all![0]!);
    await form.limitTo(300);
    expect(form.epochs).toBe(few![0]!.defaults.epochs);
    expect(form.epochs).toBeGreaterThan(all![0]!.defaults.epochs);
    await form.limitTo(null);
    expect(form.epochs).toBe(all![0]!.defaults.epochs);
    form.epochs = 7;
    await form.limitTo(300);
    expect(form).toMatchObject({ epochs: 7, trainLimit: 300 });
  });
});

describe('a run that is watched', () => {
  it('comes to the list, draws its lines and ends with its checkpoints', async () => {
    const id = await runs.start({ ...quick, epochs: 3 }, 'watched');
    expect(runs.openId).toBe(id);
    expect(runs.training?.id).toBe(id);
    const live = runs.live!;
    await settled(() => !isActive(live.run));
    expect(live.run).toMatchObject({ id, name: 'watched', status: 'done' });
    expect(live.run.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(live.progress).toBe(1);
    expect(live.epoch).toBe(3);
    expect(live.lossLine.length).toBeGreaterThan(0);
    expect(live.lossLine.at(-1)!.x).toBeLessThanOrEqual(3);
    expect(runs.training).toBeNull();
    expect(runs.usable.map((run) => run.id)).toEqual([id]);
    expect(runs.preferred()?.id).toBe(id);
  });

  it('can be stopped, named, noted, compared and deleted', async () => {
    const first = runs.openId!;
    const id = await runs.start({ ...quick, epochs: 1000 });
    await settled(() => (runs.open?.epochs.length ?? 0) > 0);
    await runs.stop(id);
    await settled(() => runs.open?.status === 'stopped');
    expect(runs.open?.checkpoints).toContain('best');

    await runs.update(id, { name: 'stopped early', notes: 'too slow' });
    expect(runs.open).toMatchObject({ name: 'stopped early', notes: 'too slow' });

    runs.toggleCompared(first);
    runs.toggleCompared(id);
    expect(runs.comparison.map((run) => run.id)).toEqual([id, first]);
    await runs.remove(id);
    expect(runs.comparison.map((run) => run.id)).toEqual([first]);
    expect(runs.openId).toBeNull();
    expect(runs.list?.map((run) => run.id)).toEqual([first]);
  });

  it('goes on after it was stopped', async () => {
    const id = await runs.start({ ...quick, epochs: 4 });
    await settled(() => (runs.open?.epochs.length ?? 0) > 0);
    await runs.stop(id);
    await settled(() => !isActive(runs.open!));
    // Four epochs may be over before the request gets there.
    if (runs.open!.epochs.length < 4) {
      expect(canResume(runs.open!)).toBe(true);
      await runs.resume(id);
    }
    await settled(() => runs.open?.status === 'done');
    expect(runs.open?.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(canResume(runs.open!)).toBe(false);
    await runs.remove(id);
  });

  it('tells why when the list cannot be read', async () => {
    const lost = new RunsState(test.client, 'no-such-project');
    await lost.refresh();
    expect(lost.failure).toMatchObject({ code: 'NOT_FOUND' });
    expect(lost.list).toBeNull();
  });
});

describe('an evaluation', () => {
  it('has no report before, and the images behind each cell after', async () => {
    const run = runs.usable[0]!;
    const evaluation = new EvaluationState(test.client, project);
    await evaluation.choose({ run: run.id, split: 'test' });
    expect(evaluation.report).toBeNull();
    const job = await evaluation.start();
    await finished(test.client, job!);
    await evaluation.ended();
    const report = evaluation.report!;
    expect(report.images).toBe(60);

    await evaluation.openCell({ truth: 0, predicted: 0 });
    expect(evaluation.total).toBe(report.confusion[0]![0]);
    expect(evaluation.images.every((image) => image.truth === run.classes[0])).toBe(true);
    const sure = evaluation.images.map((image) => image.probabilities[0]!);
    expect(sure).toEqual(sure.toSorted((a, b) => b - a));

    const image = evaluation.images[0]!.image!;
    const classes = await test.client.labels.classes.list({ project });
    const other = classes.find((one) => one.name === run.classes[1])!;
    await evaluation.relabel(image, other.id, other.name);
    expect(evaluation.relabeled.get(image)).toBe(other.name);
    await evaluation.refresh();
    expect(evaluation.report?.staleLabels).toBe(1);
    await test.client.labels.undo({ project });

    await evaluation.choose({ checkpoint: 'last' });
    expect(evaluation.report).toBeNull();
    expect(evaluation.query).toBeNull();
  });
});

describe('predictions', () => {
  it('answer for library images and files, name what is broken, and follow the model', async () => {
    const run = runs.usable[0]!;
    const predict = new PredictState(test.client, project);
    await predict.choose({ run: run.id });
    const ids = await test.client.library.images.ids({ project });
    await predict.images(ids.slice(0, 3).map((id) => ({ id, name: `image ${id}` })));
    expect(predict.busy).toBe(false);
    expect(predict.items.map((item) => item.state)).toEqual(['done', 'done', 'done']);
    expect(predict.items.map((item) => item.prediction?.image)).toEqual(ids.slice(0, 3));

    const broken = join(test.folder, 'notes.png');
    writeFileSync(broken, 'text');
    const picture = new File([new Uint8Array(await onePicture())], 'one.png', {
      type: 'image/png',
    });
    const empty = new File([], 'empty.jpg', { type: 'image/jpeg' });
    await predict.files([broken, picture, empty]);
    expect(predict.items.map((item) => item.state)).toEqual(['failed', 'done', 'failed']);
    expect(predict.items[0]?.error).toMatch(/^notes\.png /);
    expect(predict.items[2]?.error).toMatch(/^empty\.jpg /);
    expect(predict.open?.id).toBe(predict.items[0]?.id);
    const before = predict.items[1]?.prediction;
    await predict.choose({ checkpoint: 'last' });
    expect(predict.items[1]?.prediction?.probabilities).toHaveLength(run.classes.length);
    expect(before).not.toBeNull();

    predict.clear();
    expect(predict.items).toEqual([]);
    expect(predict.open).toBeNull();
  });
});

describe('exports', () => {
  it('go beside the project unless told otherwise, and are listed with their proof', async () => {
    const run = runs.usable[0]!;
    const { path } = await test.client.projects.get({ project });
    const exports = new ExportsState(test.client, project);
    await exports.load();
    exports.choose({ run: run.id }, path);
    expect(exports.directory).toBe(suggestDirectory(path, run.id));
    expect(exports.directory).not.toContain('.fovea');
    const job = await exports.start('onnx');
    expect(exports.jobFormat).toBe('onnx');
    const { result } = await finished(test.client, job!);
    await exports.ended(result?.type === 'export' ? result.export : null);
    expect(exports.open).toMatchObject({ run: run.id, proof: { passed: true, agreement: 1 } });
    expect(existsSync(folderOf(exports.directory, 'onnx'))).toBe(true);
    expect(folderOf('C:\\models\\', 'web')).toBe('C:\\models\\web');

    exports.directory = '/elsewhere';
    exports.choose({ checkpoint: 'last' }, path);
    expect(exports.directory).toBe('/elsewhere');
  });
});

async function onePicture(): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const create = { width: 28, height: 28, channels: 3, background: 'white' } as const;
  return sharp({ create }).png().toBuffer();
}
