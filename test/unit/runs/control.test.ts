/** Pausing, early stopping, other optimizers and looking for a rate, through the contract. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EpochMetrics, RateEvent, Run, RunEvent } from '#shared/contract/index.ts';
import { earlyStopSpec, scheduleSpec } from '#shared/schedule.ts';
import { checkpointSha256 } from '#core/runs/folder.ts';
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
const numbers = ({ epoch, loss, valLoss, learningRate }: EpochMetrics) => [
  ...[epoch, loss, valLoss, learningRate],
];

async function finish(run: string): Promise<Run> {
  await until(test.client, project, run, ended);
  return test.client.runs.get({ project, run });
}

describe('a pause', () => {
  it('saves the middle of an epoch; what goes on is as if it had not been', async () => {
    const { client } = test;
    const options = {
      ...quick,
      epochs: 4,
      batch: 2,
      schedule: { type: 'cosine', warmup: 0.1 },
    } as const;
    const { run: straight } = await trainRun(client, project, options);
    const { run } = await client.runs.start({ project, options });
    await expect(client.runs.pause({ project, run })).rejects.toMatchObject({
      code: 'RUN_NOT_READY',
    });
    await until(client, project, run, ({ type }) => type === 'batch');
    await client.runs.pause({ project, run });
    const paused = await finish(run);
    expect(paused).toMatchObject({ status: 'paused', error: null, resumable: true });
    expect(paused.ending).toMatchObject({ type: 'paused', epoch: paused.epochs.length + 1 });
    expect(paused.epochs.length).toBeLessThan(4);
    // Pausing what has paused is no error.
    await client.runs.pause({ project, run });

    await client.runs.resume({ project, run });
    const end = await finish(run);
    expect(end).toMatchObject({ status: 'done', ending: null, warnings: straight.warnings });
    expect(end.epochs.map(numbers)).toEqual(straight.epochs.map(numbers));
    expect(end.bestEpoch).toBe(straight.bestEpoch);
  }, 60_000);

  it('survives the end of the app', async () => {
    const { client } = test;
    const options = { ...quick, epochs: 50, batch: 2 };
    const { run } = await client.runs.start({ project, options });
    await until(client, project, run, ({ type }) => type === 'batch');
    await client.runs.pause({ project, run });
    await finish(run);
    const { path } = await client.projects.get({ project });
    await client.projects.close({ project });
    ({ id: project } = await client.projects.open({ path }));
    expect((await client.runs.get({ project, run })).status).toBe('paused');
    await client.runs.resume({ project, run });
    await until(client, project, run, ({ type }) => type === 'epoch');
    await client.runs.cancel({ project, run });
  }, 60_000);
});

describe('early stopping', () => {
  it('ends as done, says where, and restores the best weights; then it can go further', async () => {
    const { client } = test;
    const { run } = await trainRun(client, project, {
      epochs: 30,
      // Nothing moves: the first epoch stays the best.
      learningRate: 1e-9,
      schedule: scheduleSpec.parse({ type: 'plateau', factor: 0.5, patience: 2 }),
      earlyStop: earlyStopSpec.parse({ patience: 4, minDelta: 1e-3, restoreBest: true }),
    });
    expect(run).toMatchObject({
      status: 'done',
      bestEpoch: 1,
      ending: { type: 'early-stop', epoch: 5, best: 1, restored: true },
    });
    expect(run.epochs.map(({ learningRate }) => learningRate / 1e-9)).toEqual([1, 1, 1, 0.5, 0.5]);
    const { store, paths } = test.core.context.projects.get(project);
    expect(store.runs.get(run.id).ending).toEqual(run.ending);
    const [best, last] = await Promise.all(
      (['best', 'last'] as const).map((which) =>
        checkpointSha256(paths.run(run.id), run.id, which),
      ),
    );
    expect(last).toBe(best);
    await client.runs.resume({ project, run: run.id, epochs: 7 });
    const further = await finish(run.id);
    expect(further).toMatchObject({ status: 'done', ending: null });
    expect(further.epochs).toHaveLength(7);
  }, 60_000);

  it('without validation goes by the training loss, which the plan says', async () => {
    const options = {
      ...quick,
      validateOn: { kind: 'none' } as const,
      earlyStop: earlyStopSpec.parse({}),
      schedule: scheduleSpec.parse({ type: 'plateau', monitor: 'loss' }),
    };
    const plan = await test.client.runs.plan({ project, options });
    expect(plan.warnings).toContain(
      'Nothing is validated, so early stopping goes by the training loss.',
    );
    expect(plan.warnings.join()).not.toContain('the rate goes');
  });
});

describe('the optimizer', () => {
  it('of a run takes the place of the model’s own', async () => {
    const optimizer = { type: 'sgd', momentum: 0.9, nesterov: true } as const;
    const { run } = await trainRun(test.client, project, { epochs: 1, optimizer });
    expect(run.spec.optimizer).toEqual(optimizer);
    expect(run.options.optimizer).toEqual(optimizer);
    const { run: own } = await trainRun(test.client, project, { epochs: 1 });
    expect(own.spec.optimizer).toEqual({ type: 'adam' });
    expect(run.epochs[0]!.loss).not.toBe(own.epochs[0]!.loss);
  });
});

describe('finding a rate', () => {
  async function sweep(signal?: AbortSignal): Promise<RateEvent[]> {
    const events: RateEvent[] = [];
    const stream = await test.client.runs.findRate(
      { project, options: quick },
      signal ? { signal } : {},
    );
    for await (const event of stream) events.push(event);
    return events;
  }

  it('is a job whose points come as they are reached', async () => {
    const events = await sweep();
    const [first] = events;
    expect(first?.type).toBe('job');
    const points = events.filter((event) => event.type === 'rate');
    expect(points.length).toBeGreaterThan(30);
    expect(points.map(({ step }) => step)).toEqual(points.map((_, at) => at + 1));
    const last = events.at(-1)!;
    if (last.type !== 'done' || first?.type !== 'job') throw new Error('wrong order');
    expect(last.suggestion).toBeGreaterThan(1e-5);
    expect(last.suggestion).toBeLessThan(0.5);
    const job = await test.client.jobs.get({ job: first.job });
    expect(job).toMatchObject({ kind: 'rate', state: 'done', progress: { unit: 'steps' } });
  }, 60_000);

  it('ends when nobody looks any more', async () => {
    const stream = await test.client.runs.findRate({
      project,
      options: { ...quick, batch: 200 },
    });
    let id = '';
    for await (const event of stream) {
      if (event.type === 'job') id = event.job;
      else break;
    }
    await expect
      .poll(async () => (await test.client.jobs.get({ job: id })).state)
      .toBe('cancelled');
  }, 60_000);

  it('says why it cannot', async () => {
    const { id } = await test.client.projects.create({ path: `${test.folder}/empty.fovea` });
    const stream = await test.client.runs.findRate({ project: id, options: quick });
    await expect(Array.fromAsync(stream)).rejects.toMatchObject({ code: 'NOT_ENOUGH_DATA' });
  });
});
