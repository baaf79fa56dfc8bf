/** Trainings that begin with the weights of another run, as the core plans and makes them. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelChoice, Run } from '#shared/contract/index.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import { createTestCore, finished, type TestCore } from '../../helpers/core.ts';
import { createProject, quick, trainRun } from '../../helpers/training.ts';

const spec: ModelSpec = {
  name: 'small',
  input: { height: 8, width: 8, channels: 1 },
  layers: [
    { type: 'conv2d', filters: 3, kernel: [3, 3], activation: 'relu' },
    { type: 'globalaveragepool2d' },
    { type: 'dense', units: 'classes', activation: 'softmax' },
  ],
  loss: 'crossentropy',
  optimizer: { type: 'sgd' },
};
const model: ModelChoice = { kind: 'spec', spec };
/** So slow that every weight stays what it was. */
const still = { model, learningRate: 1e-30, epochs: 1 };

describe('a run that begins with the weights of another', () => {
  let core: TestCore;
  let project: string;
  let first: Run;
  const startOf = (run: string) => ({ run, checkpoint: 'best' as const });
  const weightsOf = async (run: string) =>
    (await loadRun(join(core.folder, `p.fovea/runs/${run}`), 'best')).parameters;
  const planOf = (options: Partial<typeof quick>) =>
    core.client.runs.plan({ project, options: { ...quick, ...still, ...options } });

  beforeAll(async () => {
    core = await createTestCore();
    project = await createProject(core, 'p', { train: 24, test: 12, classes: 3 });
    first = (await trainRun(core.client, project, { model, epochs: 1, learningRate: 0.1 })).run;
  });
  afterAll(() => core.close());

  it('says so, and has them to the bit after its classes were named and ordered anew', async () => {
    const { client } = core;
    const classes = await client.labels.classes.list({ project });
    const [one, ...others] = classes.map(({ id }) => id);
    await client.labels.classes.update({ project, class: one!, name: 'Another name' });
    await client.labels.classes.reorder({ project, order: [...others, one!] });
    const { run } = await trainRun(client, project, { ...still, startFrom: startOf(first.id) });
    expect(run.warnings).toContain(
      `All layers begin with the weights of run ${first.id} “${first.name}”.`,
    );
    expect(run.classes.at(-1)).toBe('Another name');
    const [before, after] = [await weightsOf(first.id), await weightsOf(run.id)];
    const kernel = 'conv2d/kernel';
    expect(after.get(kernel)?.data).toEqual(before.get(kernel)?.data);
    const bias = [...before.get('dense/bias')!.data];
    expect([...after.get('dense/bias')!.data]).toEqual([...bias.slice(1), bias[0]]);
    expect(new Set(bias).size).toBe(3);
  });

  it('takes an imported model’s', async () => {
    const { client, folder } = core;
    const directory = join(folder, 'out');
    const exported = { project, run: first.id, format: 'keras' as const, directory };
    await finished(client, (await client.exports.start(exported)).job);
    const [record] = await client.exports.list({ project });
    const file = record!.files.find(({ path }) => path.endsWith('.keras'))!.path;
    const { run: imported } = await client.runs.importModel({ project, file });
    const { spec: own } = await client.runs.get({ project, run: imported });
    const { run } = await trainRun(client, project, {
      ...{ ...still, model: { kind: 'spec', spec: { ...own, optimizer: { type: 'sgd' } } } },
      startFrom: startOf(imported),
    });
    const [before, after] = [await weightsOf(imported), await weightsOf(run.id)];
    expect([...after.keys()]).toEqual([...before.keys()]);
    const kernel = 'conv2d/kernel';
    expect(after.get(kernel)?.data).toEqual((await weightsOf(first.id)).get(kernel)?.data);
  });

  it('plans in words what is taken, and why nothing can be', async () => {
    const startFrom = startOf(first.id);
    const [conv, pool, dense] = spec.layers as [object, object, object];
    const plan = (layers: object[], from = startFrom) =>
      planOf({
        model: { kind: 'spec', spec: { ...spec, layers: layers as ModelSpec['layers'] } },
        startFrom: from,
      });
    const head = await plan([conv, pool, { type: 'dense', units: 4 }, dense]);
    expect(head.start).toEqual({
      taken: ['conv2d'],
      fresh: ['dense', 'dense_1'],
      text: `All layers up to conv2d begin with the weights of run ${first.id} “${first.name}”; dense and dense_1 begin anew.`,
    });
    const other = await plan([{ ...conv, filters: 5 }, pool, dense]);
    expect(other.start).toBeNull();
    expect(other.problems[0]).toMatch(/Nothing of run r1 fits this model: .* conv2d, differs/);
    expect((await plan(spec.layers, startOf('r99'))).problems).toEqual([
      'There is no run r99 in this project to begin with.',
    ]);
    const seen = await planOf({ startFrom, validateOn: { kind: 'fraction', fraction: 0.5 } });
    expect(seen.warnings.join(' ')).toMatch(
      /12 images to validate on were learned from by the run that it begins with/,
    );
    expect((await planOf({ startFrom: null })).start).toBeNull();
  });

  it('is no part of a study', async () => {
    const options = { ...quick, ...still, startFrom: startOf(first.id) };
    const study = core.client.studies.start({
      project,
      request: { kind: 'folds', folds: 2, options },
    });
    await expect(study).rejects.toThrow('The trainings of a study begin with random weights.');
  });
});
