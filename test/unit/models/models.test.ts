import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelSpec } from '#shared/model-spec.ts';
import { findPreset } from '#shared/presets/index.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { createProject, quick, trainRun } from '../../helpers/training.ts';

let test: TestCore;
let project: string;

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'models', { train: 40, test: 12 });
}, 60_000);
afterAll(() => test.close());

const small = findPreset('fashion-small')!.spec;
const named = (name: string): ModelSpec => ({ ...small, name });
const broken: ModelSpec = {
  ...named('broken'),
  layers: small.layers.filter(({ type }) => type !== 'flatten'),
};

describe('the models of a project', () => {
  it('are kept under their names, also those that cannot be built yet', async () => {
    const { models } = test.client;
    const one = await models.save({ project, spec: named('One'), from: 'fashion-small' });
    expect(one).toMatchObject({
      name: 'One',
      from: 'Fashion small',
      parameters: 266_986 - 6 * 33,
      problem: null,
      defaults: findPreset('fashion-small')!.info.defaults,
      spec: named('One'),
    });
    const two = await models.save({ project, spec: broken });
    expect(two).toMatchObject({ from: null, defaults: { epochs: 10, batch: 32 } });
    expect(two.problem).toMatchObject({
      path: [3],
      message: 'dense cannot follow conv2d_1: flatten first.',
      fix: { label: 'Insert flatten', where: 'before', layers: [{ type: 'flatten' }] },
    });
    const list = await models.list({ project });
    expect(list.map(({ name }) => name)).toEqual(['broken', 'One']);

    const changed = await models.save({ project, model: two.id, spec: named('mended') });
    expect(changed).toMatchObject({ id: two.id, name: 'mended', problem: null });
    expect(await models.get({ project, model: two.id })).toEqual(changed);
    await models.remove({ project, model: two.id });
    await models.remove({ project, model: one.id });
    await expect(models.get({ project, model: two.id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('never have the same name twice', async () => {
    const { models } = test.client;
    const one = await models.save({ project, spec: named('Net') });
    const two = await models.save({ project, spec: named('net') });
    const three = await models.duplicate({ project, model: one.id });
    expect([two.name, three.name, three.from]).toEqual(['net 2', 'Net 3', 'Net']);
    expect(three.spec.name).toBe('Net 3');
    await expect(models.rename({ project, model: two.id, name: ' NET ' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    await expect(models.save({ project, model: two.id, spec: named('Net') })).rejects.toMatchObject(
      { code: 'ALREADY_EXISTS' },
    );
    const renamed = await models.rename({ project, model: one.id, name: 'NET' });
    expect(renamed).toMatchObject({ name: 'NET', spec: { name: 'NET' } });
    for (const { id } of [one, two, three]) await models.remove({ project, model: id });
    expect(await models.list({ project })).toEqual([]);
  });

  it('are told of to those who watch the project', async () => {
    // What was told before is gathered over a few milliseconds.
    await setTimeout(100);
    const stop = new AbortController();
    const changes = await test.client.projects.watch({ project }, { signal: stop.signal });
    const first = changes.next();
    const { id } = await test.client.models.save({ project, spec: named('watched') });
    expect((await first).value).toMatchObject({ topics: ['models'] });
    stop.abort();
    await test.client.models.remove({ project, model: id });
  });
});

describe('training', () => {
  it('takes a saved model, and the run keeps what it was trained with', async () => {
    const { models, runs } = test.client;
    const saved = await models.save({ project, spec: named('mine'), from: 'fashion-small' });
    const { run } = await trainRun(test.client, project, {
      model: { kind: 'saved', model: saved.id },
      epochs: 1,
    });
    expect(run).toMatchObject({ name: 'mine', status: 'done', spec: saved.spec });
    await models.remove({ project, model: saved.id });
    expect((await runs.get({ project, run: run.id })).spec).toEqual(saved.spec);
    await expect(runs.plan({ project, options: run.options })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('takes a spec given with it', async () => {
    const spec = named('inline');
    const { run } = await trainRun(test.client, project, {
      model: { kind: 'spec', spec },
      epochs: 1,
    });
    expect(run).toMatchObject({ name: 'inline', status: 'done', spec });
  });

  it('says in the plan, and at the start, where a model cannot be built', async () => {
    const options = { ...quick, model: { kind: 'spec' as const, spec: broken } };
    const plan = await test.client.runs.plan({ project, options });
    expect(plan.model.problem).toMatchObject({ path: [3] });
    expect(plan.model.summary.layers).toHaveLength(3);
    expect(plan.problems).toEqual([
      'dense cannot follow conv2d_1: flatten first. Add a flatten layer between conv2d_1 and dense.',
    ]);
    await expect(test.client.runs.start({ project, options })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    });
  });
});

describe('models.check', () => {
  const check = (spec: unknown, classes = 4) => test.client.models.check({ spec, classes });

  it('answers the layers of what can be built', async () => {
    const { spec, summary, problem } = await check(small);
    expect(spec).toEqual(small);
    expect(problem).toBeNull();
    expect(summary).toMatchObject({ name: small.name, parameters: 266_986 - 6 * 33 });
  });

  it.each([
    [null, [], 'This is no model.'],
    [[small], [], 'This is no model.'],
    [{ ...small, input: undefined }, [], "The model: 'input' is missing."],
    [{ ...small, colour: 1 }, [], "The model: there is no setting called 'colour'."],
    [{ ...small, layers: [{ kernel: 3 }] }, [0], "Layer 1: its 'type' is missing."],
    [
      { ...small, layers: [{ type: 'flatten' }, { type: 'dense', units: 0 }] },
      [1],
      /^Layer 2: 'units' cannot be 0: /,
    ],
    [
      {
        ...small,
        layers: [
          {
            type: 'residual',
            body: [{ type: 'flatten' }],
            shortcut: [{ type: 'dropout', rate: 2 }],
          },
        ],
      },
      [0, 1, 0],
      /^Layer 1, part 2, layer 1: 'rate' cannot be 2: /,
    ],
    [
      { ...small, layers: [{ type: 'branches', merge: 'add', branches: [[], [{ type: 'x' }]] }] },
      [0, 1, 0],
      'Layer 1, part 2, layer 1: there is no layer type "x".',
    ],
  ])('says where %j is wrong', async (value, path, message) => {
    const { spec, summary, problem } = await check(value);
    expect([spec, summary]).toEqual([null, null]);
    expect(problem?.path).toEqual(path);
    expect(problem?.message).toMatch(message);
  });
});
