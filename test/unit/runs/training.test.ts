import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '#shared/contract/index.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { createProject, quick, trainRun, until } from '../../helpers/training.ts';

let test: TestCore;
let project: string;

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'squares', { train: 200, test: 60 });
}, 60_000);
afterAll(() => test.close());

const ended = (event: RunEvent): boolean => event.type === 'run' && event.run.finishedAt !== null;

describe('a training', () => {
  it('tells its epochs in order, and stores what it told', async () => {
    const { run, events } = await trainRun(test.client, project, { epochs: 3 });
    expect(run.status).toBe('done');
    expect(run.engine).toBe('cpu');
    expect(run).toMatchObject({ trainImages: 200, validationImages: 60, staleLabels: 0 });
    expect(run.classes).toEqual(['north', 'east', 'south', 'west']);
    expect(run.checkpoints.toSorted()).toEqual(['best', 'last']);

    expect(events[0]).toMatchObject({ type: 'run', run: { status: 'preparing' } });
    expect(events.at(-1)).toMatchObject({ type: 'run', run: { status: 'done' } });
    const epochs = events.filter((event) => event.type === 'epoch');
    expect(epochs.map(({ metrics }) => metrics.epoch)).toEqual([1, 2, 3]);
    expect(run.epochs).toEqual(epochs.map(({ metrics }) => metrics));
    expect(run.bestEpoch).toBe(epochs.findLast(({ best }) => best)?.metrics.epoch);
    // The line of an epoch comes before its end.
    const kinds = events.map((event) =>
      event.type === 'run'
        ? ''
        : `${event.type}${event.type === 'batch' ? event.epoch : event.metrics.epoch}`,
    );
    for (const epoch of [1, 2, 3]) {
      expect(kinds.lastIndexOf(`batch${epoch}`)).toBeLessThan(kinds.indexOf(`epoch${epoch}`));
    }
    // Bright squares at four places are easy.
    expect(run.epochs.at(-1)!.valAccuracy).toBeGreaterThan(0.9);
    const job = await test.client.jobs.get({ job: run.job! });
    expect(job).toMatchObject({ state: 'done', result: { type: 'run', run: run.id } });
    expect(job.progress).toMatchObject({ unit: 'images', done: 600, total: 600 });
  });

  it('leaves a folder that others can read', async () => {
    const [run] = await test.client.runs.list({ project });
    const { path } = await test.client.projects.get({ project });
    const folder = join(path, 'runs', run!.id);
    const record = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as object;
    expect(record).toMatchObject({
      run: run!.id,
      status: 'done',
      classes: run!.classes,
      options: { seed: 1 },
      data: { train: 200, validation: 60 },
    });
    const lines = readFileSync(join(folder, 'metrics.csv'), 'utf8').trim().split('\n');
    expect(lines[0]).toMatch(/^epoch,loss,accuracy,val_loss/);
    expect(lines).toHaveLength(1 + run!.epochs.length);
    expect(Number(lines[1]!.split(',')[1])).toBe(run!.epochs[0]!.loss);
  });

  it('repeats itself from the same seed, and not from another', async () => {
    const one = await trainRun(test.client, project, { epochs: 1 });
    const two = await trainRun(test.client, project, { epochs: 1 });
    const other = await trainRun(test.client, project, { epochs: 1, seed: 2 });
    expect(two.run.epochs[0]!.loss).toBe(one.run.epochs[0]!.loss);
    expect(other.run.epochs[0]!.loss).not.toBe(one.run.epochs[0]!.loss);
  });

  it('takes the first labeled training images in import order', async () => {
    const settings = { epochs: 1, trainLimit: 50, film: false };
    const { run } = await trainRun(test.client, project, settings);
    expect(await test.client.inspect.film({ project, run: run.id })).toBeNull();
    expect(run.trainImages).toBe(50);
    const ids = await test.client.library.images.ids({ project, filter: { splits: ['train'] } });
    const stored = test.core.context.projects.get(project).store.runs.data(run.id, 'train');
    expect([...stored.images]).toEqual(ids.slice(0, 50));
  });

  it('holds out a share of the training images', async () => {
    const { run } = await trainRun(test.client, project, {
      epochs: 1,
      validateOn: { kind: 'fraction', fraction: 0.2 },
    });
    expect(run).toMatchObject({ trainImages: 160, validationImages: 40 });
    const { store } = test.core.context.projects.get(project);
    const train = store.runs.data(run.id, 'train').images;
    const held = store.runs.data(run.id, 'validation').images;
    expect(new Set([...train, ...held]).size).toBe(200);
  });

  it('goes without validation, its best epoch being the one of the lowest loss', async () => {
    const { run } = await trainRun(test.client, project, {
      epochs: 3,
      validateOn: { kind: 'none' },
    });
    expect(run.validationImages).toBe(0);
    expect(
      run.epochs.every(({ valLoss, valAccuracy }) => valLoss === null && valAccuracy === null),
    ).toBe(true);
    const losses = run.epochs.map(({ loss }) => loss);
    expect(run.bestEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
  });

  it('estimates the time from what it measured', async () => {
    const plan = await test.client.runs.plan({ project, options: { ...quick, epochs: 10 } });
    expect(plan.estimateSeconds).toBeGreaterThan(0);
    expect(plan.estimateSeconds).toBeLessThan(600);
  });

  it('stops after the epoch under way and keeps it', async () => {
    const { client } = test;
    const { run } = await client.runs.start({ project, options: { ...quick, epochs: 10_000 } });
    await until(client, project, run, (event) => event.type === 'epoch');
    await client.runs.stop({ project, run });
    expect((await client.runs.get({ project, run })).status).toBe('stopping');
    await until(client, project, run, ended);
    const end = await client.runs.get({ project, run });
    expect(end.status).toBe('stopped');
    expect(end.epochs.length).toBeGreaterThanOrEqual(1);
    expect(end.epochs.length).toBeLessThan(10_000);
    expect(end.checkpoints.toSorted()).toEqual(['best', 'last']);
    // Stopping what has stopped is no error.
    await client.runs.stop({ project, run });
  });

  it('ends at once when cancelled, and keeps the last checkpoint', async () => {
    const { client } = test;
    const { run, job } = await client.runs.start({
      project,
      options: { ...quick, epochs: 10_000 },
    });
    await until(client, project, run, (event) => event.type === 'epoch');
    await client.runs.cancel({ project, run });
    const end = await client.runs.get({ project, run });
    expect(end.status).toBe('cancelled');
    expect(end.checkpoints.length).toBeGreaterThan(0);
    expect((await client.jobs.get({ job })).state).toBe('cancelled');
  });

  it('waits for the training before it', async () => {
    const { client } = test;
    const first = await client.runs.start({ project, options: { ...quick, epochs: 10_000 } });
    const second = await client.runs.start({ project, options: { ...quick, epochs: 1 } });
    const third = await client.runs.start({ project, options: { ...quick, epochs: 1 } });
    await until(client, project, first.run, (event) => event.type === 'epoch');
    const waiting = await client.jobs.get({ job: second.job });
    expect(waiting.phase).toBe(`Waiting for ${first.run} to end`);
    expect((await client.runs.get({ project, run: second.run })).status).toBe('preparing');
    // One that waits is cancelled at once; the ones behind it move up.
    await client.runs.stop({ project, run: second.run });
    await until(client, project, second.run, ended);
    expect((await client.runs.get({ project, run: second.run })).status).toBe('cancelled');
    await client.runs.stop({ project, run: first.run });
    await until(client, project, third.run, ended);
    expect((await client.runs.get({ project, run: third.run })).status).toBe('done');
  });

  it('is renamed, and removed with its folder when it has ended', async () => {
    const { client } = test;
    const { run } = await client.runs.start({ project, options: { ...quick, epochs: 10_000 } });
    await expect(client.runs.remove({ project, run })).rejects.toMatchObject({ code: 'CONFLICT' });
    await client.runs.cancel({ project, run });
    const renamed = await client.runs.update({ project, run, name: 'First try', notes: 'slow' });
    expect(renamed).toMatchObject({ name: 'First try', notes: 'slow' });
    await client.runs.remove({ project, run });
    await expect(client.runs.get({ project, run })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { path } = await client.projects.get({ project });
    expect(existsSync(join(path, 'runs', run))).toBe(false);
    expect(readdirSync(join(path, 'runs')).length).toBeGreaterThan(0);
  });

  it('says what it knows of a run that does not exist', async () => {
    await expect(test.client.runs.get({ project, run: 'r999' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no run r999 in this project.',
    });
    await expect(
      test.client.runs.start({
        project,
        options: { ...quick, model: { kind: 'preset', preset: 'nonsense' } },
      }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
