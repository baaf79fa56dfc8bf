import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FoveaClient, StudyRequest } from '#shared/contract/index.ts';
import { createTestCore, finished, type TestCore } from '../../helpers/core.ts';
import { createProject, quick } from '../../helpers/training.ts';

let test: TestCore;
let client: FoveaClient;
let project: string;

beforeAll(async () => {
  test = await createTestCore();
  client = test.client;
  project = await createProject(test, 'squares', { train: 120, test: 40 });
}, 60_000);
afterAll(() => test.close());

const options = { ...quick, epochs: 2 };
const curve = (sizes: number[], seeds = 2): StudyRequest => ({
  kind: 'curve',
  options,
  sizes,
  seeds,
  baseline: true,
});
const folder = async (run: string): Promise<string> =>
  join((await client.projects.get({ project })).path, 'runs', run);

describe('a learning-curve study', () => {
  let id: string;

  it('trains every size with every seed beside a dense net, out of the list of runs', async () => {
    const { study, job } = await client.studies.start({
      project,
      request: curve([20, 40, 80, 500]),
    });
    id = study;
    expect(await finished(client, job)).toMatchObject({
      kind: 'study',
      result: { type: 'study', study },
    });
    const result = await client.studies.get({ project, study });
    expect(result).toMatchObject({ status: 'done', measuredOn: 'test', measuredImages: 40 });
    expect(result.warnings.join(' ')).toContain('only 120 labeled training images');
    expect(result.parts).toHaveLength(4 * 2 * 2);
    expect(result.parts.every((part) => part.result?.images === 40)).toBe(true);
    expect(result.curves.map(({ arm }) => arm)).toEqual(['model', 'dense']);
    expect(result.curves[0]!.points.map(({ size }) => size)).toEqual([20, 40, 80, 120]);
    // Bright squares at four places: more of them are known better.
    expect(result.curves[0]!.points.at(-1)!.mean).toBeGreaterThan(0.9);
    expect(result.curves[0]!.estimate).toMatchObject({ size: 240 });
    expect(await client.runs.list({ project })).toEqual([]);
    expect((await client.projects.get({ project })).runs).toBe(0);
  }, 120_000);

  it('takes nested, stratified subsets, another for each seed', async () => {
    const { parts } = await client.studies.get({ project, study: id });
    const { runs } = test.core.context.projects.get(project).store;
    const images = (arm: string, size: number, seed: number): number[] => {
      const part = parts.find((p) => p.arm === arm && p.size === size && p.seed === seed);
      return [...runs.data(part!.run!, 'train').images];
    };
    const small = images('model', 20, 1);
    expect(new Set(images('model', 40, 1))).toEqual(new Set([...small, ...images('model', 40, 1)]));
    expect(images('dense', 20, 1)).toEqual(small);
    expect(images('model', 20, 2)).not.toEqual(small);
    const part = parts.find(({ size }) => size === 20)!;
    const counts = new Map<number, number>();
    for (const index of runs.data(part.run!, 'train').classes) {
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([5, 5, 5, 5]);
  });

  it('keeps the epochs of its runs, and no weights', async () => {
    const { parts } = await client.studies.get({ project, study: id });
    const run = await client.runs.get({ project, run: parts[0]!.run! });
    expect(run.epochs).toHaveLength(2);
    expect(run.checkpoints).toEqual([]);
    expect(existsSync(await folder(run.id))).toBe(false);
  });

  it('goes away with its runs', async () => {
    const { parts } = await client.studies.get({ project, study: id });
    await client.studies.update({ project, study: id, name: 'squares' });
    expect((await client.studies.list({ project })).map(({ name }) => name)).toEqual(['squares']);
    await client.studies.remove({ project, study: id });
    expect(await client.studies.list({ project })).toEqual([]);
    await expect(client.runs.get({ project, run: parts[0]!.run! })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('a study that is cancelled', () => {
  it('keeps what it measured, and goes on from there to the same end', async () => {
    const request = { ...curve([20, 40, 80], 1), options: { ...options, epochs: 3 } };
    const whole = await client.studies.start({ project, request });
    await finished(client, whole.job);
    const { study, job } = await client.studies.start({ project, request });
    const stop = new AbortController();
    for await (const event of await client.jobs.watch(undefined, { signal: stop.signal })) {
      const found = event.type === 'update' && event.job.id === job ? event.job : null;
      if (!found) continue;
      if (found.phase.startsWith('Training 3')) await client.jobs.cancel({ job });
      if (found.finishedAt !== null) break;
    }
    stop.abort();
    const cut = await client.studies.get({ project, study });
    expect(cut.status).toBe('cancelled');
    const measured = cut.parts.filter(({ result }) => result !== null).length;
    expect(measured).toBeGreaterThanOrEqual(2);
    expect(measured).toBeLessThan(6);

    const again = await client.studies.resume({ project, study });
    await expect(client.studies.remove({ project, study })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await finished(client, again.job);
    const done = await client.studies.get({ project, study });
    expect(done.status).toBe('done');
    const accuracies = (of: typeof done) => of.parts.map(({ result }) => result?.accuracy);
    expect(accuracies(done)).toEqual(
      accuracies(await client.studies.get({ project, study: whole.study })),
    );
    await expect(client.studies.resume({ project, study })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  }, 120_000);
});

describe('folds', () => {
  it('judge each image by a model that did not see it, and find planted wrong labels', async () => {
    const ids = await client.library.images.ids({ project, filter: { splits: ['train'] } });
    const classes = await client.labels.classes.list({ project });
    const rows = await client.library.images.rows({ project, ids });
    const classOf = new Map(rows.map((row) => [row.id, row.classId]));
    const planted = [ids[3]!, ids[10]!, ids[33]!, ids[57]!, ids[101]!];
    for (const image of planted) {
      const at = classes.findIndex(({ id }) => id === classOf.get(image));
      const wrong = classes[(at + 1) % classes.length]!;
      await client.labels.assign({ project, images: [image], classId: wrong.id });
    }

    const request: StudyRequest = { kind: 'folds', options: { ...options, epochs: 6 }, folds: 4 };
    const { study, job } = await client.studies.start({ project, request });
    await finished(client, job);
    const { folds, parts, measuredOn } = await client.studies.get({ project, study });
    expect(measuredOn).toBe('folds');
    expect(parts).toHaveLength(4);
    expect(folds!.pooled.images).toBe(120);
    const [low, high] = folds!.pooled.accuracyInterval;
    expect(low).toBeLessThan(folds!.pooled.accuracy);
    expect(high).toBeGreaterThan(folds!.pooled.accuracy);
    expect(folds!.mean).toBeCloseTo(folds!.pooled.accuracy, 6);

    const { store } = test.core.context.projects.get(project);
    for (const { run } of parts) {
      const trained = new Set(store.runs.data(run!, 'train').images);
      expect(trained.size).toBe(90);
    }
    expect(new Set(store.studies.answers(study).images).size).toBe(120);

    const found = await client.evaluation.suspects({ project, source: { kind: 'study', study } });
    expect(found.images).toBe(120);
    const first = found.suspects.slice(0, planted.length).map(({ image }) => image);
    expect(new Set(first)).toEqual(new Set(planted));
    for (const suspect of found.suspects.slice(0, planted.length)) {
      const real = classes.find(({ id }) => id === classOf.get(suspect.image))!.name;
      expect(suspect).toMatchObject({ suggested: real, now: null });
    }

    // Mended, it says so, and the study knows that it was made with older labels.
    const mended = found.suspects[0]!;
    const right = classes.find(({ name }) => name === mended.suggested)!;
    await client.labels.assign({ project, images: [mended.image], classId: right.id });
    const after = await client.evaluation.suspects({ project, source: { kind: 'study', study } });
    expect(after.suspects[0]).toMatchObject({ image: mended.image, now: right.name });
    expect((await client.studies.get({ project, study })).staleLabels).toBe(1);
  }, 120_000);

  it('need two images, and say what is wrong with a model before anything is trained', async () => {
    await expect(
      client.studies.start({
        project,
        request: {
          kind: 'folds',
          options: {
            ...options,
            model: {
              kind: 'spec',
              spec: {
                name: 'flat',
                input: { height: 28, width: 28, channels: 1 },
                layers: [{ type: 'dense', units: 'classes', activation: 'softmax' }],
                loss: 'crossentropy',
                optimizer: { type: 'adam' },
              },
            },
          },
          folds: 3,
        },
      }),
    ).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});
